import {
  CommandError,
  LockedError,
  MachineError,
  NoRightsError,
  NothingAppliedError,
  TransactionError,
  UsageError,
} from '../errors.ts';
import {isExhausted} from '../system/machine-error.ts';
import {type ExitCode, exitCodes} from './command.ts';
import type {ErrorCode, ErrorDocument} from './documents.ts';

/** An error in the form in which it is printed. */
export type Judged = {
  /** For scripts: `usage`, `locked` … */
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly nextStep: string;
  /** Whether the machine is as before; `null` where nothing was begun, or nobody can tell. */
  readonly isRestored: boolean | null;
  /** Shown with --verbose, and always for a bug. */
  readonly stack: string | null;
};

export const judgeError = (error: unknown, version: string): Judged => {
  if (error instanceof NoRightsError) return refused('no-rights', exitCodes.noRights, error);
  if (error instanceof NothingAppliedError) return refused('nothing-applied', exitCodes.nothingApplied, error);
  if (error instanceof UsageError) return refused('usage', exitCodes.usage, error);
  if (error instanceof LockedError) return refused('locked', exitCodes.locked, error);
  if (error instanceof TransactionError) {
    const {message, nextStep, isRestored, isInterrupted, stack = null} = error;
    const known = {message, nextStep, isRestored, stack};
    if (!isRestored) return {...known, code: 'not-restored', exitCode: exitCodes.notRestored};
    return isInterrupted
      ? {...known, code: 'interrupted', exitCode: exitCodes.interrupted}
      : {...known, code: 'restored', exitCode: exitCodes.restored};
  }
  if (error instanceof CommandError) {
    const {message, nextStep, stack = null} = error;
    return {message, nextStep, stack, code: 'command-failed', exitCode: exitCodes.restored, isRestored: true};
  }
  if (isExhausted(error))
    return {
      code: 'machine',
      exitCode: exitCodes.restored,
      message: 'This process may not open as many files as it needs.',
      nextStep: 'Raise the limit of this shell with `ulimit -n 1024`, then run it again.',
      isRestored: true,
      stack: null,
    };
  // What comes this far was met before the first change, or in clearing away: a failing disk, and not our bug.
  if (error instanceof MachineError)
    return {
      code: 'machine',
      exitCode: exitCodes.restored,
      message: `${error.message}.`,
      nextStep: 'Put that right, then run it again.',
      isRestored: true,
      stack: null,
    };
  return {
    code: 'bug',
    exitCode: exitCodes.bug,
    message: `this is a bug in vfio-pilot ${version}.\n${error instanceof Error ? error.stack : String(error)}`,
    nextStep: 'Please report it with the output of `vfio-pilot capture FILE.tar.gz`.',
    isRestored: null,
    stack: null,
  };
};

const refused = (
  code: ErrorCode,
  exitCode: ExitCode,
  {message, nextStep}: {readonly message: string; readonly nextStep: string},
): Judged => ({code, exitCode, message, nextStep, isRestored: null, stack: null});

export const describeError = ({message, nextStep, stack}: Judged, verbose: boolean): string =>
  `vfio-pilot: ${message}\n  → ${nextStep}\n${verbose && stack !== null ? `${stack}\n` : ''}`;

/** The contract of every command that fails under `--json`. */
export const errorDocument = ({code, message, nextStep, isRestored}: Judged): ErrorDocument => ({
  version: 1,
  error: {code, message, nextStep, isRestored},
});
