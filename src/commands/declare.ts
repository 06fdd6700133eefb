import {parseArgs} from 'node:util';
import type {JsonSchema} from '../decode/decode.ts';
import {type BaseContext, type Command, present, type Presented} from './command.ts';

/** Of what kind a value is, where the shell itself can find those that there are. */
export type Completes =
  'directory' | 'file' | 'profile' | 'plan' | 'pci-address' | 'guest' | 'guest-or-file' | 'run-id' | 'command';

/** As `parseArgs` of node:util has it, with what help, completion and the check of values need. */
export type OptionSpec =
  | {
      readonly type: 'boolean';
      readonly short?: string;
      readonly default: false;
      /** One of these words may follow, and is then its value. `name` is what help has for it. */
      readonly follows?: {readonly name: string; readonly words: readonly string[]};
      readonly summary: string;
    }
  | {
      readonly type: 'string';
      readonly short?: string;
      readonly multiple?: boolean;
      /** What stands for the value in help. */
      readonly value: string;
      /** All values that there are, where these can be listed. */
      readonly choices?: readonly string[];
      readonly completes?: Completes;
      readonly summary: string;
    };
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export type Positional = {
  /** In capitals, as help shows it. */
  readonly name: string;
  readonly isOptional?: boolean;
  /** There may be more of the last one. */
  readonly isRepeated?: boolean;
  /** What to do when it is missing. */
  readonly missing?: string;
  /** All values that there are, where these can be listed. */
  readonly choices?: readonly string[];
  readonly completes?: Completes;
};

export type Declaration = {
  /** One or two words. */
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly options: OptionSpecs;
  /** Options that people look for here and that are not, each with what does it: a sentence. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** What follows the program's name, with what it is for. */
  readonly examples: readonly (readonly [command: string, purpose: string])[];
  /** It restores the machine before it ends, so that a signal does not end it at once. */
  readonly isTransactional: boolean;
};

/** A declaration with its code, which is loaded when it is wanted: `plan` must not pay for React, nor `--version` for anything. */
export type Verb = Declaration & {
  /** `args`: its own options only, known to be well-formed. */
  readonly perform: (args: readonly string[], context: BaseContext) => Promise<Presented>;
  /** Of what it prints under `--json`. */
  readonly schema: () => Promise<JsonSchema>;
};

const readValues = <const Specs extends OptionSpecs>(args: readonly string[], options: Specs) =>
  parseArgs({args: [...args], options, strict: true}).values;

/** What a command finds under `options`: `false` and `undefined` where one was not given. */
export type Values<Specs extends OptionSpecs> = ReturnType<typeof readValues<Specs>>;

export const declare = <const Specs extends OptionSpecs, Result, Document>({
  load,
  ...declaration
}: Omit<Declaration, 'options'> & {
  readonly options: Specs;
  readonly load: () => Promise<Command<Values<Specs>, Result, Document>>;
}): Verb => ({
  ...declaration,
  perform: async (args, context) => {
    const command = await load();
    const options = readValues(args, declaration.options);
    return present(command, await command.run({...context, options}), context);
  },
  schema: async () => (await load()).shape.schema,
});
