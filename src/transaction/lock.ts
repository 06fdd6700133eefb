import {basename, dirname} from 'node:path';
import {LockedError} from '../errors.ts';
import {errorCode} from '../system/machine-error.ts';
import type {Machine} from '../system/machine.ts';
import {stateDirectory} from '../system/state-directory.ts';
import {lockFile} from './path-state.ts';
import {createWhole, ensureDirectory, removeIfThere} from './write-file.ts';

export type Lock = {readonly release: () => void};

type Holder = {readonly pid: number; readonly startTime: string; readonly bootId: string};

/** One writer at a time, by every run on this root. Throws LockedError when a living process holds it. */
export const acquireLock = (machine: Machine): Lock => {
  const path = lockFile(machine.isLive);
  if (!machine.isLive) ensureDirectory(machine, stateDirectory, 0o700);
  const lock = acquire(machine, path, 0);
  quietly(() => sweepLeftovers(machine, path));
  return lock;
};

/** Of runs that were killed while they took the lock. */
const sweepLeftovers = (machine: Machine, path: string): void => {
  for (const leftover of findLeftovers(machine, path)) machine.unlink(leftover);
};

const findLeftovers = (machine: Machine, path: string): readonly string[] =>
  machine
    .list(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.`))
    .map((name) => `${dirname(path)}/${name}`)
    .filter((leftover) => isLeftover(machine, leftover));

/** What killed runs have left of their locks: whoever takes the lock next sweeps it. */
export const findStaleLocks = (machine: Machine): readonly string[] => {
  const path = lockFile(machine.isLive);
  return [...(machine.stat(path) === null || isLocked(machine) ? [] : [path]), ...findLeftovers(machine, path)];
};

export const isLocked = (machine: Machine): boolean => {
  const holder = readHolder(machine, lockFile(machine.isLive));
  return holder !== null && isLiving(machine, holder);
};

/** A candidate says in its name whose it is: another run may just be writing it, and it is empty so long. */
const isLeftover = (machine: Machine, path: string): boolean => {
  const [, pid, startTime] = /\.(\d+)-(\d+)$/.exec(path) ?? [];
  if (pid !== undefined) return machine.startTimeOf(Number(pid)) !== startTime;
  const holder = readHolder(machine, path);
  return holder === null || !isLiving(machine, holder);
};

const maximumDepth = 4;

/**
 * A stale lock is replaced only by who holds the lock of the taking over, `….takeover`, and sees the same stale lock
 * again: two that find it at once cannot both get it, nor can a late one remove the lock of the first.
 */
const acquire = (machine: Machine, path: string, depth: number): Lock => {
  const candidate = `${path}.${machine.self.pid}-${machine.self.startTime}`;
  removeIfThere(machine, candidate);
  const {pid, startTime, bootId} = machine.self;
  createWhole(machine, candidate, Buffer.from(JSON.stringify({pid, startTime, bootId})), () => undefined);
  try {
    if (!linkIfFree(machine, candidate, path)) takeOver(machine, candidate, path, depth);
  } finally {
    // Gone already when it was renamed over a stale lock.
    quietly(() => removeIfThere(machine, candidate));
  }
  return {release: () => quietly(() => isOurs(machine, path) && removeIfThere(machine, path))};
};

const isOurs = (machine: Machine, path: string): boolean => {
  const holder = readHolder(machine, path);
  return holder !== null && holder.pid === machine.self.pid && holder.startTime === machine.self.startTime;
};

const linkIfFree = (machine: Machine, candidate: string, path: string): boolean => {
  try {
    machine.link(candidate, path);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return false;
  }
};

const takeOver = (machine: Machine, candidate: string, path: string, depth: number): void => {
  refuseLiving(machine, path);
  if (depth === maximumDepth)
    throw new LockedError(`The lock ${path} cannot be taken over; remove it if no vfio-pilot runs.`);
  const taking = acquire(machine, `${path}.takeover`, depth + 1);
  try {
    refuseLiving(machine, path);
    // Released meanwhile: then others may link theirs at any time, and a rename would go over it.
    if (machine.stat(path) !== null) machine.rename(candidate, path);
    else if (!linkIfFree(machine, candidate, path)) throw new LockedError(`Another vfio-pilot has just taken ${path}.`);
  } finally {
    taking.release();
  }
};

const refuseLiving = (machine: Machine, path: string): void => {
  const holder = readHolder(machine, path);
  if (holder === null || !isLiving(machine, holder)) return;
  throw new LockedError(`Another vfio-pilot (process ${holder.pid}) is changing this machine; it holds ${path}.`);
};

/** A process id alone says little: it is given out again. */
const isLiving = (machine: Machine, holder: Holder): boolean =>
  holder.bootId === machine.self.bootId && machine.startTimeOf(holder.pid) === holder.startTime;

/** `null` for what no run of our own can have written completely: it is linked into place with its content. */
const readHolder = (machine: Machine, path: string): Holder | null => {
  try {
    const value: unknown = JSON.parse(machine.read(path).toString('utf8'));
    return isHolder(value) ? value : null;
  } catch {
    return null;
  }
};

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'startTime' in value &&
  typeof value.startTime === 'string' &&
  'bootId' in value &&
  typeof value.bootId === 'string';

const quietly = (act: () => unknown): void => {
  try {
    act();
  } catch {
    // The lock of a run that ends is stale for the next one: nothing is lost.
  }
};
