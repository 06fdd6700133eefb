import {createInterface} from 'node:readline';
import {LockedError} from '../../src/errors.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {acquireLock, type Lock} from '../../src/transaction/lock.ts';
import {interceptMachine} from '../support/intercept-machine.ts';

/** Tries for the lock of the root (first argument) at each line, and gives it back at the next; says how many calls it made until it knew. */
let calls = 0;
const count = (): null => {
  calls += 1;
  return null;
};
const machine = interceptMachine(realMachine(process.argv[2] ?? ''), {onRead: count, onMutation: count});
let held: Lock | null = null;
let isHolding = false;

const take = (): string => {
  calls = 0;
  try {
    held = acquireLock(machine);
    return 'held';
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    return `locked ${calls}`;
  }
};

createInterface({input: process.stdin}).on('line', () => {
  isHolding = !isHolding;
  if (!isHolding) held?.release();
  process.stdout.write(`${isHolding ? take() : 'released'}\n`);
  if (!isHolding) held = null;
});
