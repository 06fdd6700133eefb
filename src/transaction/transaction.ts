import {createHash} from 'node:crypto';
import {setImmediate} from 'node:timers/promises';
import type {Ports, Tools} from '../artifacts/ports.ts';
import {CommandError, TransactionError} from '../errors.ts';
import type {Machine, RunResult} from '../system/machine.ts';
import type {Ledger} from './journal.ts';
import {removeIfThere, writePrivate} from './write-file.ts';

type TransactionStep =
  'check' | 'lock' | 'journal' | 'stage' | 'recheck' | 'backup' | 'install' | 'verify' | 'run' | 'finish' | 'restore';

/** What a person may want to see while it happens; `message` texts are complete sentences. */
export type ProgressEvent =
  | {readonly kind: 'step'; readonly step: TransactionStep}
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly did: 'staged' | 'backed-up' | 'installed' | 'restored' | 'left-alone';
    }
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      readonly state: 'started' | 'ended' | 'not-run';
      readonly detail: string | null;
    }
  /** The last lines of the running command, oldest first; each event replaces the one before. */
  | {readonly kind: 'output'; readonly argv: readonly string[]; readonly lines: readonly string[]}
  | {readonly kind: 'warning'; readonly message: string};

export type OnProgress = (event: ProgressEvent) => void;

/** Nothing was changed yet: the machine is as it was. */
export const refusal = (step: TransactionStep, message: string, nextStep: string): TransactionError =>
  new TransactionError(message, {step, isRestored: true, nextStep});

const mostShown = 20;

/** `changed`: sentences, what is no longer as it was when the plan was made. */
export const refuseChangedHost = (changed: readonly string[]): void => {
  if (changed.length === 0) return;
  const shown = changed.slice(0, mostShown).map((sentence) => `  ${sentence}`);
  const more = changed.length > mostShown ? [`  … and ${changed.length - mostShown} more.`] : [];
  throw refusal(
    'recheck',
    ['The host is no longer as it was when the plan was made:', ...shown, ...more].join('\n'),
    'Nothing was written. Run plan again and look at the new diff.',
  );
};

/** `goes`: whether the path would go, and is not only changed. */
export const refuseInUse = (
  {whyInUse}: Ports,
  machine: Machine,
  paths: readonly {readonly path: string; readonly goes: boolean}[],
): void => {
  const those = (wanted: boolean): readonly string[] => paths.filter(({goes}) => goes === wanted).map(({path}) => path);
  const use = whyInUse(machine, those(true), those(false));
  if (use !== null) throw refusal('check', use.problem, `Nothing was changed. ${use.nextStep}`);
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What every part of one transaction works with. */
export type Transaction = {
  readonly ports: Ports;
  readonly machine: Machine;
  readonly ledger: Ledger;
  readonly events: OnProgress;
  readonly signal: AbortSignal;
};

/** The writer is synchronous; signals are delivered, and obeyed, only here. */
export const checkpoint = async (signal: AbortSignal): Promise<void> => {
  await setImmediate();
  if (signal.aborted) throw new Error('It was interrupted.');
};

type Argv = readonly [string, ...string[]];

/** Runs one program and tells of it; throws CommandError when it fails. */
export const runCommand = async (
  {machine, events, signal}: Transaction,
  argv: Argv,
  timeoutSeconds: number,
): Promise<RunResult> => {
  events({kind: 'command', argv, state: 'started', detail: null});
  const result = await machine.run({
    argv,
    timeoutSeconds,
    signal,
    onOutput: (lines) => events({kind: 'output', argv, lines}),
  });
  if (result.state === 'not-run') {
    events({kind: 'command', argv, state: 'not-run', detail: result.reason});
    return result;
  }
  events({kind: 'command', argv, state: 'ended', detail: result.problem});
  if (result.problem !== null) throw commandError(argv, result);
  return result;
};

/** What code of the ports gets. */
export const toolsOf = (transaction: Transaction): Tools => {
  const {machine, events} = transaction;
  return {
    machine,
    run: (argv, timeoutSeconds) => runCommand(transaction, argv, timeoutSeconds),
    warn: (message) => events({kind: 'warning', message}),
    writePrivate: (path, bytes) => writePrivate(machine, path, bytes),
    remove: (path) => void removeIfThere(machine, path),
    sha1: (bytes) => createHash('sha1').update(bytes).digest('hex'),
  };
};

const commandError = (argv: Argv, result: Extract<RunResult, {state: 'ended'}>): CommandError => {
  const said = result.lastLines.slice(-3).join(' / ');
  return new CommandError(`${argv.join(' ')}: ${result.problem ?? 'it failed'}${said === '' ? '' : ` — ${said}`}`, {
    argv,
    exitCode: result.exitCode,
    nextStep: 'Run the command by hand to see what it says.',
  });
};
