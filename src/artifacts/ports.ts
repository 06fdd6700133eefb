import {type Check, decode} from '../decode/decode.ts';
import type {Machine, RunResult} from '../system/machine.ts';
import type {Effect, Validation} from './artifact.ts';

/** What code gets that looks at the machine for the transaction. */
export type Tools = {
  readonly machine: Machine;
  /** Throws CommandError when the program fails. */
  readonly run: (argv: readonly [string, ...string[]], timeoutSeconds: number) => Promise<RunResult>;
  /** Tells the user; a complete sentence. */
  readonly warn: (message: string) => void;
  /** A file for its owner only, in a directory of the transaction. */
  readonly writePrivate: (path: string, bytes: Uint8Array) => void;
  readonly remove: (path: string) => void;
  /** As hexadecimal digits; what some programs of a host know a file by. */
  readonly sha1: (bytes: Uint8Array) => string;
};

/** Reads back what a command was to bring about. One for each kind of effect; the journal holds the effect, never the code. */
export type Probe = {
  /** After the command, whose output is `stdout`. Throws, with a sentence, when the effect is not there. */
  readonly check: (tools: Tools, effect: Effect, stdout: string) => Promise<void>;
  /** After its undo; throws likewise. */
  readonly checkUndone: (tools: Tools, effect: Effect) => Promise<void>;
  /** false: it was taken back already, so that the undo is not run. */
  readonly isInEffect: (machine: Machine, effect: Effect) => boolean;
  /** Whether it is gone, as a choice for one boot is after that boot, or cannot be understood: the run cannot be completed then. */
  readonly isUsedUp: (machine: Machine, effect: Effect) => boolean;
  /** A sentence: what somebody else has set there since; `null` when nobody has. */
  readonly foreign: (machine: Machine, effect: Effect) => string | null;
  /** What two runs must not both have changed; `null` where there is no such thing. */
  readonly resource: (effect: Effect) => string | null;
  /** Begins the warning that takes the place of a failure of the command, which changes nothing; `null` where a failure undoes the run. */
  readonly whenFailed: string | null;
};

type ProbeOf<Data> = {
  readonly check: (tools: Tools, effect: Data, stdout: string) => void | Promise<void>;
  readonly checkUndone?: (tools: Tools, effect: Data) => void | Promise<void>;
  readonly isInEffect?: (machine: Machine, effect: Data) => boolean;
  readonly isUsedUp?: (machine: Machine, effect: Data) => boolean;
  readonly foreign?: (machine: Machine, effect: Data) => string | null;
  readonly resource?: (effect: Data) => string;
  readonly whenFailed?: string;
};

/** A kind of effect: how it is decoded from the journal, and what is asked about it. What is left out is not asked. */
export const probeOf = <Data>(shape: Check<Data>, probe: ProbeOf<Data>): Probe => ({
  check: async (tools, effect, stdout) => probe.check(tools, decoded(shape, effect), stdout),
  checkUndone: async (tools, effect) => probe.checkUndone?.(tools, decoded(shape, effect)),
  isInEffect: (machine, effect) => probe.isInEffect?.(machine, decoded(shape, effect)) ?? true,
  isUsedUp: (machine, effect) => {
    const result = decode(shape, effect);
    return result.isValid ? (probe.isUsedUp?.(machine, result.value) ?? false) : true;
  },
  foreign: (machine, effect) => probe.foreign?.(machine, decoded(shape, effect)) ?? null,
  resource: (effect) => {
    const result = decode(shape, effect);
    return result.isValid ? (probe.resource?.(result.value) ?? null) : null;
  },
  whenFailed: probe.whenFailed ?? null,
});

const decoded = <Data>(shape: Check<Data>, data: Effect | Validation): Data => {
  const result = decode(shape, data);
  if (!result.isValid) throw new Error(`The journal describes ${data.kind} in another way: ${result.problem}.`);
  return result.value;
};

/** What a made file must be like; the end of a sentence, `null` when it is. */
export type Validator = (tools: Tools, validation: Validation, file: string) => Promise<string | null>;

export const validatorOf =
  <Data>(
    shape: Check<Data>,
    problemOf: (tools: Tools, validation: Data, file: string) => Promise<string | null>,
  ): Validator =>
  async (tools, validation, file) =>
    problemOf(tools, decoded(shape, validation), file);

type Argv = readonly [string, ...string[]];

export type RegistryCommands = {
  /** `null`: a guest is its file, which is written like any other. */
  readonly definition: {
    readonly define: (definition: string, isNew: boolean) => Argv;
    readonly undefine: (path: string) => Argv;
  } | null;
  /** Prints `shut off`, or nothing, about a guest that does not run. */
  readonly state: (name: string) => Argv;
};

/** Where guests are defined through a program that keeps them in files of its own. */
export type GuestRegistry = {
  /** Whether this file is one of its guests. */
  readonly keeps: (path: string) => boolean;
  /** Why it cannot be asked here, with what to do; `null` when it can. */
  readonly obstacle: (machine: Machine, path: string) => {readonly problem: string; readonly nextStep: string} | null;
  /** Of the directory that the files are in. */
  readonly directoryMode: number;
  /**
   * Makes the guest of `path` what the file `definition` says. `isNew`: false for a definition that the registry itself
   * had before, which is not validated again.
   */
  readonly define: (tools: Tools, path: string, definition: string, isNew: boolean) => Promise<void>;
  readonly undefine: (tools: Tools, path: string) => Promise<void>;
  /** The same for a script that runs without this program; `null` where it keeps no guest, or each takes more than a command. */
  readonly commands: RegistryCommands | null;
  /** Whether the file is of a guest that it was making, or taking away, when the power went: only `undefine` can go on from there. */
  readonly isHalfMade: (machine: Machine, path: string) => boolean;
  /** What it leaves next to a file when the power goes while it writes it; `null` where no name is known. */
  readonly leftoverOf: (path: string) => string | null;
  /**
   * Whether the guest has all settings of the file `definition`, in whatever order. `null` where its file can be put back
   * byte by byte, and then is.
   */
  readonly hasSettingsOf: ((machine: Machine, path: string, definition: string) => boolean) | null;
  /**
   * The text of a guest that was edited since without what was applied, setting by setting, where it writes its file in
   * its own order. `null` where the lines of the file can be told apart.
   */
  readonly withoutApplied: ((texts: {before: string; applied: string; present: string}) => string) | null;
};

/** Code that the transaction is handed, by kind: it knows no boot loader, image or hypervisor itself. */
export type Ports = {
  readonly probes: Readonly<Record<string, Probe>>;
  readonly validators: Readonly<Record<string, Validator>>;
  /** The first that keeps a guest's file is asked. */
  readonly registries: readonly GuestRegistry[];
  /** Why files must not go just now, with what to do; `null` when they may. `changed`: what else the same run writes or puts back. */
  readonly whyInUse: (
    machine: Machine,
    paths: readonly string[],
    changed: readonly string[],
  ) => {readonly problem: string; readonly nextStep: string} | null;
};

export const registryOf = ({registries}: Pick<Ports, 'registries'>, path: string): GuestRegistry => {
  const found = registries.find((registry) => registry.keeps(path));
  if (found === undefined) throw new Error(`no program keeps the guest ${path}`);
  return found;
};
