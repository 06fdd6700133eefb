/** A user's mistake: said in one sentence with what to do next, never with a stack. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly nextStep: string;

  constructor(message: string, nextStep: string, options?: ErrorOptions) {
    super(message, options);
    this.nextStep = nextStep;
  }
}

/** Only root may do what was asked for. Exit code 77 (EX_NOPERM of sysexits.h). */
export class NoRightsError extends UsageError {}

/** Nothing is applied, so there is nothing to verify or to confirm. Exit code 6. */
export class NothingAppliedError extends UsageError {}

/** A program that the machine should run failed, or could not be started. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly nextStep: string;

  constructor(
    message: string,
    details: {argv: readonly string[]; exitCode: number | null; nextStep: string; cause?: unknown},
  ) {
    super(message, {cause: details.cause});
    this.argv = details.argv;
    this.exitCode = details.exitCode;
    this.nextStep = details.nextStep;
  }
}

/** A system call failed: `code` as the kernel names it (ENOSPC …), the message names the file. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The transaction could not finish. `isRestored` separates exit code 4 (machine as before) from 5 (look at the journal). */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly step: string;
  readonly isRestored: boolean;
  readonly isInterrupted: boolean;
  readonly nextStep: string;

  constructor(
    message: string,
    details: {step: string; isRestored: boolean; isInterrupted?: boolean; nextStep: string; cause?: unknown},
  ) {
    super(message, {cause: details.cause});
    this.step = details.step;
    this.isRestored = details.isRestored;
    this.isInterrupted = details.isInterrupted ?? false;
    this.nextStep = details.nextStep;
  }
}

/** Another run holds the lock, or a package manager is at work. Exit code 75 (EX_TEMPFAIL of sysexits.h). */
export class LockedError extends Error {
  override readonly name = 'LockedError';
  readonly nextStep = 'Wait until it has ended, then run the command again.';
}
