import {setTimeout} from 'node:timers/promises';
import {LockedError} from '../errors.ts';
import type {LockHolder, Machine} from '../system/machine.ts';
import type {OnProgress} from './transaction.ts';

/** dpkg(1), apt: fcntl locks; rpm and dnf: lib/rpmlock.c; pacman: a file that is there (libalpm, lib/libalpm/util.c). */
const locks = [
  {manager: 'dpkg or apt', path: '/var/lib/dpkg/lock-frontend', by: 'locked'},
  {manager: 'dpkg', path: '/var/lib/dpkg/lock', by: 'locked'},
  {manager: 'rpm or dnf', path: '/usr/lib/sysimage/rpm/.rpm.lock', by: 'locked'},
  {manager: 'rpm or dnf', path: '/var/lib/rpm/.rpm.lock', by: 'locked'},
  {manager: 'pacman', path: '/var/lib/pacman/db.lck', by: 'there'},
] as const;

/** A sentence; `null` when no package manager is at work. Kernel packages rewrite the same boot files as we do. */
export const findPackageManager = (machine: Machine): string | null => {
  for (const {manager, path, by} of locks) {
    if (machine.stat(path)?.type !== 'file') continue;
    const holders = machine.lockHolders(path, by);
    if (by === 'locked' && holders.length === 0) continue;
    const leftover = holders.length === 0 ? ' If none runs, it is a leftover and can be removed.' : '';
    return `A package manager (${holders.map(describeHolder).join(', ') || manager}) is at work; it holds ${path}.${leftover}`;
  }
  return null;
};

const describeHolder = ({pid, name}: LockHolder): string =>
  pid <= 0 ? 'in another container' : `${name ?? 'process'}, process ${pid}`;

const pollMs = 250;

/** Throws LockedError when it takes longer than `patienceMs`, or at once when `signal` says so. */
export const waitForPackageManager = async (
  machine: Machine,
  events: OnProgress,
  signal: AbortSignal,
  patienceMs = 30_000,
): Promise<void> => {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const sentence = findPackageManager(machine);
    if (sentence === null) return;
    if (waitedMs >= patienceMs || signal.aborted) throw new LockedError(sentence);
    if (waitedMs === 0)
      events({kind: 'warning', message: `${sentence} Waiting up to ${patienceMs / 1000} s for it to end.`});
    await setTimeout(pollMs, undefined, {signal}).catch(() => undefined);
  }
};
