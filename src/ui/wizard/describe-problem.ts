import {CommandError, LockedError, TransactionError, UsageError} from '../../errors.ts';
import type {ApplyProblem} from './state.ts';

/** What went wrong in words; a machine of unknown state is never called restored. */
export const describeProblem = (error: unknown): ApplyProblem => {
  if (error instanceof TransactionError) return {message: error.message, step: error.step, isRestored: error.isRestored, nextStep: error.nextStep};
  // These two are told before the first write.
  const isBefore = error instanceof LockedError || error instanceof UsageError;
  if (isBefore || error instanceof CommandError) return {message: error.message, step: null, isRestored: isBefore ? true : null, nextStep: error.nextStep};
  const message = error instanceof Error ? error.message : String(error);
  return {message, step: null, isRestored: null, nextStep: 'This is a fault of vfio-pilot. Its history tells what was done.'};
};
