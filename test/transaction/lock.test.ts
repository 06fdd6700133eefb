import {applyChanges} from '../../src/hosts/transactions.ts';
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {LockedError} from '../../src/errors.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {acquireLock} from '../../src/transaction/lock.ts';
import {fileChange, ids, never, request, silent} from './scenario.ts';
import {put, withRoot} from './scratch-root.ts';

const lock = '/var/lib/vfio-pilot/lock';

describe('the lock', () => {
  it('lets one of two runs through and tells the other which process holds it', () =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      const runs = await Promise.allSettled([
        applyChanges(machine, request([fileChange(machine, '/a', 'x')], ids[0]), silent, never),
        applyChanges(machine, request([fileChange(machine, '/b', 'x')], ids[1]), silent, never),
      ]);
      const rejected = runs.filter((run) => run.status === 'rejected').map(({reason}): unknown => reason);
      expect(rejected).toHaveLength(1);
      expect(rejected[0]).toBeInstanceOf(LockedError);
      expect(String(rejected[0])).toContain(String(process.pid));
      expect(existsSync(join(root, lock))).toBe(false);
    }));

  const {pid, startTime, bootId} = realMachine('/').self;
  const dead = spawnSync('true').pid;
  it.each([
    ['a dead process', JSON.stringify({pid: dead, startTime, bootId})],
    ['a process id that was given out again', JSON.stringify({pid, startTime: '1', bootId})],
    ['another boot', JSON.stringify({pid, startTime, bootId: 'other'})],
    ['nobody, as it is empty', ''],
    ['nobody, as it is no lock', '{"pid":"x"}'],
  ])('is taken over from %s', (_title, content) =>
    withRoot((root) => {
      put(root, lock, content);
      put(root, `${lock}.takeover`, content);
      put(root, `${lock}.${dead}-17`, content);
      acquireLock(realMachine(root)).release();
      expect(readdirSync(join(root, '/var/lib/vfio-pilot'))).toEqual([]);
    }),
  );

  it('is not taken from a living process', () =>
    withRoot((root) => {
      put(root, lock, JSON.stringify({pid, startTime, bootId}));
      expect(() => acquireLock(realMachine(root))).toThrow(LockedError);
      expect(readdirSync(join(root, '/var/lib/vfio-pilot'))).toEqual(['lock']);
    }));
});
