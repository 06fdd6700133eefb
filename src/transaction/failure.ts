import {CommandError, TransactionError} from '../errors.ts';
import {journalDirectory} from '../system/state-directory.ts';
import {isComplete, type Restoration} from './restore.ts';
import {messageOf} from './transaction.ts';

export const interruption = (): TransactionError =>
  new TransactionError('It was interrupted.', {
    step: 'check',
    isRestored: true,
    isInterrupted: true,
    nextStep: 'Nothing was changed. Run apply again when you are ready.',
  });

/** The error of an apply that was undone, or could not be. */
export const failure = (
  cause: unknown,
  restoration: Restoration,
  id: string,
  isInterrupted: boolean,
): TransactionError => {
  const isRestored = isComplete(restoration);
  const step = cause instanceof TransactionError ? cause.step : cause instanceof CommandError ? 'run' : 'install';
  const own =
    cause instanceof TransactionError || cause instanceof CommandError
      ? cause.nextStep
      : 'Put that right, then run apply again.';
  return new TransactionError(
    isRestored ? messageOf(cause) : `${messageOf(cause)} ${describeRestoration(restoration)}`,
    {
      step,
      isRestored,
      isInterrupted,
      nextStep: isRestored ? own : afterIncomplete(id),
      cause,
    },
  );
};

/** The error of a rollback or recovery that left something. */
export const incomplete = (restoration: Restoration, id: string, isInterrupted: boolean): TransactionError =>
  new TransactionError(describeRestoration(restoration), {
    step: 'restore',
    isRestored: false,
    isInterrupted,
    nextStep: afterIncomplete(id),
  });

const describeRestoration = ({foreign, problems}: Restoration): string =>
  [
    ...foreign.map((path) => `${path} was edited by somebody else and was left alone.`),
    ...problems.map((problem) => `Not restored: ${problem}${problem.endsWith('.') ? '' : '.'}`),
  ].join(' ');

const afterIncomplete = (id: string): string =>
  `Compare the named files with ${journalDirectory(id)}/journal.json and the backups next to it, put them right, then run \`vfio-pilot rollback\` again.`;
