import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import {schemaOf} from '../../src/commands/schema.ts';

const ajv = new Ajv2020({allErrors: true, strict: true, strictTypes: false});

/** A member that the schema does not name is a fault here, and none for who reads the documents. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [
    key,
    key === 'const' || key === 'enum' ? value : closed(value),
  ]);
  const isShape = 'properties' in schema && !('additionalProperties' in schema);
  return {...Object.fromEntries(entries), ...(isShape ? {additionalProperties: false} : {})};
};

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a document of `schema NAME`, as ajv says it; empty when nothing is. */
export const faultsOf = async (name: string, document: unknown): Promise<readonly string[]> => {
  const known = compiled.get(name);
  const validate = known ?? ajv.compile(closed(await schemaOf(name)) as object);
  if (known === undefined) compiled.set(name, validate);
  return validate(document)
    ? []
    : (validate.errors ?? []).map(
        ({instancePath, message, params}) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
};
