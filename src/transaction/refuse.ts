import {TransactionError} from '../errors.ts';
import type {TransactionStep} from './progress-event.ts';

/** Nothing was changed yet: the machine is as it was. */
export const refusal = (step: TransactionStep, message: string, nextStep: string): TransactionError =>
  new TransactionError(message, {step, isRestored: true, nextStep});

const mostTold = 20;

/** `changed`: sentences, what is no longer as it was when the plan was made. */
export const refuseChangedHost = (changed: readonly string[]): void => {
  if (changed.length === 0) return;
  const told = changed.slice(0, mostTold).map((sentence) => `  ${sentence}`);
  const more = changed.length > mostTold ? [`  … and ${changed.length - mostTold} more.`] : [];
  throw refusal('recheck', ['The host is no longer as it was when the plan was made:', ...told, ...more].join('\n'), 'Nothing was written. Run plan again and look at the new diff.');
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
