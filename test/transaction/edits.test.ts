import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback, readEdits} from '../../src/hosts/transactions.ts';
import {chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {failingMachine} from '../support/failing-machine.ts';
import {strideOf} from '../support/sizes.ts';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {appliedFile, backupFile} from '../../src/transaction/path-state.ts';
import {type RollbackResult} from '../../src/transaction/rollback.ts';
import {fileChange, ids, never, programs, request, silent} from './scenario.ts';
import {put, snapshot, text, withRoot} from './scratch-root.ts';

const [grub, domain, created, gone] = [
  '/etc/default/grub',
  '/etc/libvirt/qemu/win.xml',
  '/etc/modprobe.d/vfio-pilot.conf',
  '/etc/kernel/cmdline',
] as const;
const before = {
  [grub]: 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="quiet"\n',
  [domain]: '<!-- AUTO-GENERATED -->\n<domain type="kvm">\n<name>win</name>\n<os/>\n</domain>\n',
  [gone]: 'quiet\n',
};
const ours = {
  [grub]: 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="quiet a=1"\n',
  [domain]: '<domain>\n<name>win</name>\n<os/>\n<hostdev/>\n</domain>\n',
  [gone]: 'quiet a=1\n',
  [created]: 'options vfio-pci\n',
};
const edited = {
  [grub]: 'GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX="quiet a=1 debug"\n',
  [created]: 'options vfio-pci disable_vga=1\n',
};
const wanted = {
  [grub]: 'GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX="quiet debug"\n',
  [domain]: '<!-- AUTO-GENERATED -->\n<domain type="kvm">\n<name>win</name>\n<os/>\n<usb/>\n</domain>\n',
  [created]: edited[created],
};

/** Applied; then a person edits two files and a guest, and removes a file. */
const liveOn = async (root: string): Promise<Machine> => {
  for (const [path, content] of Object.entries(before)) put(root, path, content, path === domain ? 0o600 : 0o644);
  const machine = realMachine(root, programs);
  const changes = Object.entries(ours).map(([path, content]) =>
    fileChange(machine, path, content, path === domain ? 'guest' : 'file'),
  );
  await applyChanges(machine, request(changes), silent, never);
  for (const [path, content] of Object.entries(edited)) writeFileSync(join(root, path), content);
  writeFileSync(join(root, domain), text(root, domain).replace('<hostdev/>\n', '<hostdev/>\n<usb/>\n'));
  rmSync(join(root, gone));
  return machine;
};

const takeBack = (machine: Machine, on = machine): Promise<RollbackResult> =>
  rollback(on, {edits: readEdits(machine, ids[0], [])}, silent, never);

describe('a rollback that keeps edits', () => {
  it('takes from each file what was applied, and leaves what it can not tell apart, or what is gone', () =>
    withRoot(async (root) => {
      const machine = await liveOn(root);
      await expect(takeBack(machine)).resolves.toMatchObject({
        outcome: 'rolled-back',
        paths: [],
        edited: [grub, domain, gone, created],
      });
      for (const [path, content] of Object.entries(wanted)) expect(text(root, path)).toBe(content);
      expect(statSync(join(root, domain)).mode & 0o777).toBe(0o600);
      expect(() => text(root, gone)).toThrow('ENOENT');
      expect(readHistory(machine)).toMatchObject([{state: 'rolled-back'}]);
    }));

  it('keeps a mode that somebody has given to a file since', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'new')]), silent, never);
      chmodSync(join(root, '/etc/a'), 0o600);
      await takeBack(machine);
      expect([text(root, '/etc/a'), statSync(join(root, '/etc/a')).mode & 0o777]).toEqual(['old', 0o600]);
    }));

  it('is finished by the recovery, wherever it was cut off', () =>
    withRoot(async (sound) => {
      await takeBack(await liveOn(sound));
      const after = snapshot(sound);
      const cutAt = (failAt: number): Promise<boolean> =>
        withRoot(async (root) => {
          const machine = await liveOn(root);
          const cut = failingMachine({...machine, self: {...machine.self, pid: 999_999_999}}, {failAt, crash: true});
          const isCut = await takeBack(machine, cut).then(
            () => false,
            () => true,
          );
          await recover(machine, {}, silent);
          // Cut off before it began, it was not asked for by anybody who is still there.
          if (text(root, grub) === edited[grub]) await takeBack(machine);
          expect(snapshot(root)).toEqual(after);
          return isCut;
        });
      const stride = strideOf(9, 3);
      let failAt = 1;
      while (await cutAt(failAt)) failAt += stride;
      expect(failAt).toBeGreaterThan(30);
    }));

  it('does nothing with a file that was edited once more after it was shown', () =>
    withRoot(async (root) => {
      const machine = await liveOn(root);
      const edits = readEdits(machine, ids[0], []);
      writeFileSync(join(root, grub), 'another\n');
      const state = snapshot(root);
      await expect(rollback(machine, {edits}, silent, never)).rejects.toMatchObject({
        message: `${grub} was edited since ${ids[0]} was applied.`,
        nextStep: expect.stringContaining('rollback --keep-edits') as string,
      });
      expect(snapshot(root)).toEqual(state);
    }));

  it('can make nothing of a directory in the place of a file', () =>
    withRoot(async (root) => {
      const machine = await liveOn(root);
      mkdirSync(join(root, gone));
      await expect(takeBack(machine)).rejects.toThrow(`${gone} was edited since`);
    }));

  it.each([
    ['is another one, which would make the edit ours', (path: string) => writeFileSync(path, edited[grub])],
    ['is gone, as with a run of an older version', (path: string) => rmSync(path)],
    [
      'has lost the backup next to it',
      (path: string) => rmSync(path.replace(appliedFile(ids[0], 0), backupFile(ids[0], 0))),
    ],
  ])('leaves a file as it is when the copy of what was applied %s', (_name, damage) =>
    withRoot(async (root) => {
      const machine = await liveOn(root);
      damage(join(root, appliedFile(ids[0], 0)));
      await takeBack(machine);
      expect(text(root, grub)).toBe(edited[grub]);
      expect(text(root, domain)).toBe(wanted[domain]);
    }),
  );

  it('keeps bytes that are no UTF-8', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'one\n');
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'one\nours\n')]), silent, never);
      writeFileSync(join(root, '/etc/a'), Buffer.from([0xff, 0x0a, ...Buffer.from('one\nours\n')]));
      await takeBack(machine);
      expect(readFileSync(join(root, '/etc/a'))).toEqual(Buffer.from([0xff, 0x0a, ...Buffer.from('one\n')]));
    }));
});
