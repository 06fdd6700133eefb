import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {dryRunMachine} from '../../src/system/dry-run-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {fileChange, fillHost, hostChanges, ids, never, programs, request, silent} from './scenario.ts';
import {snapshot, withRoot} from './scratch-root.ts';

/** The tree as a live machine, whose `logger` does this. */
const liveMachine = (root: string, logger: (argv: readonly string[]) => void): Machine => ({
  ...realMachine(root, programs),
  isLive: true,
  hasProgram: () => true,
  run: async (call) => {
    if (call.argv[0] === 'logger') logger(call.argv);
    return realMachine(root, programs).run(call);
  },
});

const lineOf = (how: string): readonly string[] => [
  'logger',
  '-t',
  'vfio-pilot',
  '-p',
  'user.notice',
  '--',
  expect.stringMatching(
    new RegExp(`^${how} run ${ids[0]} of profile test: \\d+ files; vfio-pilot 0\\.0\\.0$`),
  ) as string,
];

describe('the log of the system', () => {
  it('has one line for a run that was applied, and one when it is rolled back', () =>
    withRoot(async (root) => {
      fillHost(root);
      mkdirSync(join(root, 'run'));
      const lines: (readonly string[])[] = [];
      const machine = liveMachine(root, (argv) => lines.push(argv));
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      expect(lines).toEqual([lineOf('Applied')]);
      await rollback(machine, {}, silent, never);
      await rollback(machine, {}, silent, never);
      await recover(machine, {}, silent);
      expect(lines).toEqual([lineOf('Applied'), lineOf('Rolled back')]);
    }));

  it('has one line for a run that failed and was undone', () =>
    withRoot(async (root) => {
      fillHost(root);
      mkdirSync(join(root, 'run'));
      const lines: (readonly string[])[] = [];
      const machine = liveMachine(root, (argv) => lines.push(argv));
      const failing: Machine = {
        ...machine,
        run: (call) => (call.argv[0] === 'logger' ? machine.run(call) : Promise.reject(new Error('it broke'))),
      };
      await expect(applyChanges(failing, request(hostChanges(machine)), silent, never)).rejects.toMatchObject({
        isRestored: true,
      });
      expect(lines).toEqual([lineOf('Failed, and rolled back')]);
    }));

  it('changes nothing where it cannot be written', () =>
    withRoot(async (root) => {
      fillHost(root);
      mkdirSync(join(root, 'run'));
      const before = snapshot(root);
      const machine = liveMachine(root, () => {
        throw new Error('no log');
      });
      await expect(applyChanges(machine, request(hostChanges(machine)), silent, never)).resolves.toMatchObject({
        outcome: 'applied',
      });
      await expect(rollback(machine, {}, silent, never)).resolves.toMatchObject({outcome: 'rolled-back'});
      expect(snapshot(root)).toEqual(before);
    }));

  it('has nothing of another root, nor of a dry run', () =>
    withRoot(async (root) => {
      fillHost(root);
      mkdirSync(join(root, 'run'));
      const lines: (readonly string[])[] = [];
      const live = liveMachine(root, (argv) => lines.push(argv));
      const dry = dryRunMachine(live);
      await applyChanges(dry, request([fileChange(dry, '/etc/new.conf', 'x\n')]), silent, never);
      const other: Machine = {...live, isLive: false};
      await applyChanges(other, request([fileChange(other, '/etc/new.conf', 'x\n')]), silent, never);
      expect(lines).toEqual([]);
    }));
});
