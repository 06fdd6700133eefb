import {createInterface} from 'node:readline';
import {LockedError} from '../../src/errors.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {acquireLock} from '../../src/transaction/lock.ts';
import type {Lock} from '../../src/transaction/lock.ts';

/** Tries for the lock of the root (first argument) at each line, and gives it back at the next. */
const machine = realMachine(process.argv[2] ?? '');
let held: Lock | null = null;
let isHolding = false;

const take = (): string => {
  const began = performance.now();
  try {
    held = acquireLock(machine);
    return 'held';
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    return `locked ${performance.now() - began}`;
  }
};

createInterface({input: process.stdin}).on('line', () => {
  isHolding = !isHolding;
  if (!isHolding) held?.release();
  process.stdout.write(`${isHolding ? take() : 'released'}\n`);
  if (!isHolding) held = null;
});
