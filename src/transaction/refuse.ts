import {TransactionError} from '../errors.ts';
import type {TransactionStep} from './progress-event.ts';

/** Nothing was changed yet: the machine is as it was. */
export const refusal = (step: TransactionStep, message: string, nextStep: string): TransactionError =>
  new TransactionError(message, {step, isRestored: true, nextStep});

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
