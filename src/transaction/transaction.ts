import {setImmediate} from 'node:timers/promises';
import type {Machine} from '../system/machine.ts';
import type {Ledger} from './journal.ts';
import type {OnProgress} from './progress-event.ts';

/** What every part of one transaction works with. */
export type Transaction = {
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
