import {interceptMachine} from './intercept-machine.ts';
import {machineError} from '../../src/system/machine-error.ts';
import type {Machine} from '../../src/system/machine.ts';

export type Failure =
  /** The call number `failAt` (from 1) fails once, or from then on every one (`isLasting`, a full disk). */
  | {readonly failAt: number; readonly error: string; readonly isLasting?: boolean}
  /** The process is gone at that call: half a write is done, and nothing after it. */
  | {readonly failAt: number; readonly crash: true};

export type FailingMachine = Machine & {readonly mutations: () => number};

/** A machine that fails or dies at its n-th mutating call: what tests measure the transaction against. */
export const failingMachine = (inner: Machine, failure: Failure): FailingMachine => {
  let count = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw Object.assign(new Error('the process is gone'), {code: 'CRASH'});
  };
  const machine = interceptMachine(inner, {
    onRead: () => {
      if (isDead) die();
    },
    onMutation: (call) => {
      if (isDead) die();
      count += 1;
      if ('crash' in failure) {
        if (count === failure.failAt && call.bytes !== null && call.bytes > 1) return Math.trunc(call.bytes / 2);
        // The half write of above was still done; the next call, or this one, finds no process.
        return count >= failure.failAt ? die() : null;
      }
      const isHit = failure.isLasting === true ? count >= failure.failAt : count === failure.failAt;
      if (isHit)
        throw machineError(call.name, call.path, Object.assign(new Error(failure.error), {code: failure.error}));
      return null;
    },
  });
  return {...machine, mutations: () => count};
};
