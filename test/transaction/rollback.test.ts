import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {TransactionError} from '../../src/errors.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import type {Machine, Program} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {journalDirectory, journalFile} from '../../src/system/state-directory.ts';
import {findInterrupted} from '../../src/transaction/recover.ts';
import {readRuns} from '../../src/transaction/runs.ts';
import {command, fileChange, fillHost, hostChanges, ids, never, programs, request, silent} from './scenario.ts';
import {put, snapshot, text, withRoot} from './scratch-root.ts';

describe('rollback', () => {
  it('refuses when a file was edited since, names it and changes nothing', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, programs);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      writeFileSync(join(root, '/etc/modprobe.d/vfio.conf'), 'edited by hand\n');
      const before = snapshot(root);
      await expect(rollback(machine, {}, silent, never)).rejects.toThrow(
        /\/etc\/modprobe\.d\/vfio\.conf was edited since/u,
      );
      expect(snapshot(root)).toEqual(before);
      expect(readHistory(machine)).toMatchObject([{state: 'applied'}]);
    }));

  it('leaves the hook of a guest that has the host’s card, and so does apply', () =>
    withRoot(async (root) => {
      const hook = '/etc/libvirt/hooks/qemu.d/vfio-pilot-20-handover-win11';
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, hook, '#!/bin/sh\n')], ids[0]), silent, never);
      put(root, '/run/vfio-pilot/handover/win11/units', 'gdm.service');
      const before = snapshot(root);
      await expect(rollback(machine, {}, silent, never)).rejects.toThrow(/win11 has the host's graphics card now/u);
      await expect(
        applyChanges(machine, request([fileChange(machine, hook, null)], ids[1]), silent, never),
      ).rejects.toMatchObject({nextStep: expect.stringContaining('virsh shutdown win11')});
      expect(snapshot(root)).toEqual(before);
      rmSync(join(root, '/run/vfio-pilot/handover/win11'), {recursive: true});
      await expect(rollback(machine, {}, silent, never)).resolves.toMatchObject({outcome: 'rolled-back'});
    }));

  it('of an older transaction under a newer one on the same file is refused with the order', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'one');
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'two')], ids[0]), silent, never);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'three')], ids[1]), silent, never);
      await applyChanges(machine, request([fileChange(machine, '/etc/b', 'other')], ids[2]), silent, never);
      await expect(rollback(machine, {id: ids[0]}, silent, never)).rejects.toMatchObject({
        nextStep: expect.stringContaining(`${ids[1]}, ${ids[0]}`),
      });
      await rollback(machine, {id: ids[1]}, silent, never);
      await rollback(machine, {id: ids[0]}, silent, never);
      expect(text(root, '/etc/a')).toBe('one');
      expect(text(root, '/etc/b')).toBe('other');
    }));

  it('goes by the order of the transactions, not by the clock', () =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/first', 'x')], ids[2]), silent, never);
      await applyChanges(machine, request([fileChange(machine, '/second', 'x')], ids[0]), silent, never);
      await expect(rollback(machine, {}, silent, never)).resolves.toMatchObject({paths: ['/second']});
    }));

  it('generates anew what somebody else has generated since', () =>
    withRoot(async (root) => {
      fillHost(root);
      const before = snapshot(root);
      const machine = realMachine(root, programs);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      writeFileSync(join(root, '/boot/grub/grub.cfg'), 'a menu with a newer kernel\n');
      await rollback(machine, {}, silent, never);
      expect(snapshot(root)).toEqual(before);
    }));

  it('of a transaction that there is not is a mistake of the user', () =>
    withRoot(async (root) => {
      await expect(rollback(realMachine(root), {id: ids[0]}, silent, never)).rejects.toMatchObject({
        name: 'UsageError',
      });
      await expect(rollback(realMachine(root), {}, silent, never)).resolves.toMatchObject({outcome: 'nothing-to-do'});
    }));

  it('failure mode 42: refuses to restore from a damaged backup, and keeps the new file', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'new')]), silent, never);
      writeFileSync(join(root, readHistory(machine)[0]?.backups[0]?.backup ?? ''), 'damaged');
      await expect(rollback(machine, {}, silent, never)).rejects.toThrow(/damaged/u);
      expect(text(root, '/etc/a')).toBe('new');
    }));
});

const crashed = async (root: string, failAt: number): Promise<void> => {
  const sound = realMachine(root, programs);
  const machine = failingMachine({...sound, self: {...sound.self, pid: 999_999_999}}, {failAt, crash: true});
  await applyChanges(machine, request(hostChanges(sound)), silent, never).catch(() => undefined);
};

describe('recover', () => {
  it('leaves a file alone that somebody edited meanwhile, restores the others and says so each time', () =>
    withRoot(async (root) => {
      fillHost(root);
      const before = snapshot(root);
      await crashed(root, 150);
      writeFileSync(join(root, '/etc/default/grub'), 'edited\n');
      const machine = realMachine(root, programs);
      expect(findInterrupted(machine)).toEqual([ids[0]]);
      for (let time = 0; time < 2; time += 1) {
        await expect(recover(machine, {}, silent)).rejects.toMatchObject({
          isRestored: false,
          message: expect.stringContaining('/etc/default/grub'),
          nextStep: expect.stringContaining(`journal/${ids[0]}`),
        });
        const {'/etc/default/grub': _edited, ...others} = snapshot(root);
        const {'/etc/default/grub': _old, ...othersBefore} = before;
        expect(others).toEqual(othersBefore);
      }
      await recover(machine, {acceptPresent: true}, silent);
      expect(text(root, '/etc/default/grub')).toBe('edited\n');
      expect(findInterrupted(machine)).toEqual([]);
    }));

  it('puts the last word of the newest run on the disk, which a run that was killed right after it has not done', () =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'new')]), silent, never);
      const calls: string[] = [];
      await recover(
        interceptMachine(machine, {
          onRead: silent,
          onMutation: ({name, path}) => (calls.push(`${name} ${path}`), null),
        }),
        {},
        silent,
      );
      expect(calls).toEqual([`syncDirectory ${journalDirectory(ids[0])}`]);
    }));

  it('leaves no temp where it ends although a file was edited while it was put back', () =>
    withRoot(async (root) => {
      fillHost(root);
      await crashed(root, 150);
      const sound = realMachine(root, programs);
      const isStaged = (): boolean => sound.list('/etc/default').some((name) => name.startsWith('.vfio-pilot'));
      const edited = interceptMachine(sound, {
        onRead: silent,
        onMutation: ({name, path}) => {
          if (name === 'syncDirectory' && path === '/etc/default' && isStaged())
            writeFileSync(join(root, '/etc/default/grub'), 'edited\n');
          return null;
        },
      });
      await recover(edited, {acceptPresent: true}, silent);
      expect(text(root, '/etc/default/grub')).toBe('edited\n');
      expect(isStaged()).toBe(false);
      expect(findInterrupted(sound)).toEqual([]);
    }));

  it('goes back where the choice for one boot, which is in the journal as made, was used up by a boot', () =>
    withRoot(async (root) => {
      put(root, '/boot/grub/grubenv', '');
      const choose: Program = (_argv, machine) => {
        put(machine.root, '/boot/grub/grubenv', 'next_entry=trial');
        return {exitCode: 0};
      };
      const change = command(['grub-editenv', 'set'], [], ['grub-editenv', 'unset']);
      const chosen = {
        ...change,
        command: {
          ...change.command,
          effect: {kind: 'files-hold', paths: ['/boot/grub/grubenv'], texts: ['next_entry=trial']},
        },
      } as typeof change;
      const sound = realMachine(root, {'grub-editenv': choose});
      let isGone = false;
      const gone = (): null => {
        if (isGone) throw Object.assign(new Error('the power is gone'), {code: 'CRASH'});
        return null;
      };
      const dying: Machine = interceptMachine(
        {
          ...sound,
          self: {...sound.self, pid: 999_999_999},
          rename: (from, to) => {
            isGone = sound.read(from).includes('"COMMITTED"');
            gone();
            sound.rename(from, to);
          },
        },
        {onRead: gone, onMutation: gone},
      );
      await applyChanges(dying, request([fileChange(sound, '/etc/a', 'new'), chosen]), silent, never).catch(
        () => undefined,
      );
      put(root, '/boot/grub/grubenv', '');
      const told: string[] = [];
      const recovered = await recover(
        sound,
        {direction: 'forward'},
        (event) => event.kind === 'warning' && told.push(event.message),
      );
      expect(recovered).toMatchObject([{did: 'rolled-back'}]);
      expect(told.join()).toContain('cannot be completed: what grub-editenv set is no longer there');
    }));

  it('is asked for before anything else is applied', () =>
    withRoot(async (root) => {
      fillHost(root);
      await crashed(root, 150);
      const machine = realMachine(root, programs);
      await expect(
        applyChanges(machine, request([fileChange(machine, '/etc/new', 'x')], ids[1]), silent, never),
      ).rejects.toThrow(/interrupted and is not finished/u);
    }));

  it.each<[string, (file: string) => void]>([
    ['cut short', (file) => truncateSync(file, 100)],
    ['empty', (file) => truncateSync(file, 0)],
    ['another document', (file) => writeFileSync(file, '{"version":1,"id":"../../etc"}')],
    ['a list', (file) => writeFileSync(file, '[]')],
    ['of a newer version', (file) => writeFileSync(file, '{"version":99}')],
  ])('names a journal that is %s, goes no further with its run and leaves it alone', (_title, damage) =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'new')]), silent, never);
      damage(join(root, journalFile(ids[0])));
      expect(await recover(machine, {}, silent)).toEqual([]);
      expect(readHistory(machine)).toEqual([]);
      expect(readRuns(machine).unreadable).toMatchObject([{id: ids[0]}]);
      for (const wish of [{}, {id: ids[0]}]) {
        const error = await rollback(machine, wish, silent, never).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(TransactionError);
        expect(error).toMatchObject({isRestored: false, nextStep: expect.stringContaining(journalDirectory(ids[0]))});
      }
      expect(text(root, '/etc/a')).toBe('new');
    }),
  );
});
