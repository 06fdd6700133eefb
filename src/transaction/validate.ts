import type {GeneratedArtifact, Validation} from '../artifacts/artifact.ts';
import {withOutput} from '../artifacts/with-output.ts';
import {ownValue} from '../decode/own-value.ts';
import {findMissing} from '../formats/listing.ts';
import type {Machine} from '../system/machine.ts';
import type {PathState} from './path-state.ts';
import {runCommand, toolsOf, type Transaction} from './transaction.ts';

/** Throws when the new file does not hold what it must; it is not installed then. */
export const validate = async (
  transaction: Transaction,
  artifact: GeneratedArtifact,
  output: string,
  old: PathState,
): Promise<void> => {
  for (const validation of [{kind: 'size', minimumRatio: 0} as const, ...artifact.validations]) {
    const problem = await problemOf(transaction, validation, artifact, output, old);
    if (problem !== null) throw new Error(`The new ${artifact.path} was not installed: ${problem}.`);
  }
};

const problemOf = async (
  transaction: Transaction,
  validation: Validation,
  artifact: GeneratedArtifact,
  output: string,
  old: PathState,
): Promise<string | null> => {
  const {machine} = transaction;
  if (validation.kind === 'size') {
    const oldSize =
      validation.of === undefined ? (old.state === 'file' ? old.size : 0) : (machine.stat(validation.of)?.size ?? 0);
    return sizeProblem(machine.stat(output)?.size ?? 0, oldSize, validation.minimumRatio);
  }
  if (validation.kind === 'contains') {
    return describeMissing(findLacking(machine, output, validation.texts));
  }
  if (validation.kind !== 'command' && validation.kind !== 'listing') {
    const validator = ownValue(transaction.ports.validators, validation.kind);
    return validator === undefined
      ? `this version cannot look at its ${validation.kind}`
      : validator(toolsOf(transaction), validation, output);
  }
  const result = await runCommand(transaction, withOutput(validation.argv, output), artifact.timeoutSeconds);
  if (validation.kind === 'command' || result.state === 'not-run') return null;
  return describeMissing(findMissing(result.stdout, validation.contains)[0]);
};

/** The first of these texts that a file of any size does not hold; one may lie across two parts. */
const findLacking = (machine: Machine, path: string, texts: readonly string[]): string | undefined => {
  const longest = Math.max(0, ...texts.map((one) => Buffer.byteLength(one)));
  const lacking = new Set(texts);
  let end = Buffer.alloc(0);
  machine.readParts(path, (part) => {
    const seen = Buffer.concat([end, part]);
    for (const one of lacking) if (seen.includes(one)) lacking.delete(one);
    end = seen.subarray(Math.max(0, seen.length - longest));
  });
  return texts.find((one) => lacking.has(one));
};

const describeMissing = (text: string | undefined): string | null =>
  text === undefined ? null : `${JSON.stringify(text)} is not in it`;

const sizeProblem = (size: number, oldSize: number, minimumRatio: number): string | null => {
  if (size === 0) return 'it is empty';
  return size < oldSize * minimumRatio ? `it has ${size} bytes and the present one ${oldSize}` : null;
};
