import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {existsSync, lstatSync, readdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {dryRunMachine} from '../../src/system/dry-run-machine.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {newestApplied, readPlanText, readHistory} from '../../src/transaction/history.ts';
import type {ProgressEvent} from '../../src/transaction/transaction.ts';
import {
  command,
  fileChange,
  fillHost,
  generated,
  hostChanges,
  ids,
  never,
  programs,
  request,
  silent,
} from './scenario.ts';
import {put, snapshot, text, withRoot} from './scratch-root.ts';

const counting = (machine: ReturnType<typeof realMachine>) =>
  failingMachine(machine, {failAt: Number.POSITIVE_INFINITY, crash: true});

describe('apply', () => {
  it('makes every change true and keeps owner and mode of what was there', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, programs);
      await expect(applyChanges(machine, request(hostChanges(machine)), silent, never)).resolves.toEqual({
        id: ids[0],
        outcome: 'applied',
      });
      expect(text(root, '/etc/default/grub')).toBe('GRUB_CMDLINE_LINUX="quiet intel_iommu=on"\n');
      expect(lstatSync(join(root, '/etc/default/grub')).mode & 0o7777).toBe(0o640);
      expect(lstatSync(join(root, '/etc/initramfs-tools/scripts/init-top/vfio')).mode & 0o7777).toBe(0o755);
      expect(existsSync(join(root, '/etc/modprobe.d/old.conf'))).toBe(false);
      expect(text(root, '/boot/grub/grub.cfg')).toContain('intel_iommu=on');
      expect(lstatSync(join(root, '/boot/grub/grub.cfg')).mode & 0o7777).toBe(0o600);
      expect(text(root, '/boot/initrd.img')).toBe('initrd of kept.conf vfio.conf');
      expect(text(root, '/etc/libvirt/qemu/win.xml')).toContain('AUTO-GENERATED');
    }));

  it('and rollback leave the tree as it was, byte by byte, and a rollback once more does nothing', () =>
    withRoot(async (root) => {
      fillHost(root);
      const before = snapshot(root);
      const machine = realMachine(root, programs);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      await expect(rollback(machine, {}, silent, never)).resolves.toMatchObject({id: ids[0], outcome: 'rolled-back'});
      expect(snapshot(root)).toEqual(before);
      await expect(rollback(machine, {}, silent, never)).resolves.toMatchObject({outcome: 'nothing-to-do'});
      await expect(rollback(machine, {id: ids[0]}, silent, never)).resolves.toMatchObject({outcome: 'nothing-to-do'});
      expect(readHistory(machine)).toMatchObject([{state: 'rolled-back', failure: null}]);
    }));

  it('of no changes, or of the same plan once more, makes no mutating call', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const sound = realMachine(root);
      const changes = [fileChange(sound, '/etc/a', 'new'), fileChange(sound, '/etc/b', 'new')];
      await applyChanges(sound, request(changes), silent, never);
      for (const again of [changes, []]) {
        const machine = counting(sound);
        await expect(applyChanges(machine, request(again, ids[1]), silent, never)).resolves.toMatchObject({
          outcome: 'nothing-to-do',
        });
        expect(machine.mutations()).toBe(0);
      }
    }));

  it('failure mode 39: keeps its backups, the plan and nothing else where only root can read', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, programs);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      expect(readdirSync(join(root, '/var/lib/vfio-pilot'))).toEqual(['journal']);
      expect(lstatSync(join(root, '/var/lib/vfio-pilot')).mode & 0o7777).toBe(0o700);
      expect(JSON.parse(readPlanText(machine, newestApplied(machine)?.id ?? '') ?? '')).toEqual({
        version: 1,
        id: ids[0],
      });
      const [entry] = readHistory(machine);
      expect(entry).toMatchObject({id: ids[0], state: 'applied', profile: 'test'});
      for (const {backup} of entry?.backups ?? []) expect(lstatSync(join(root, backup)).mode & 0o7777).toBe(0o600);
      expect(entry?.backups.map(({path}) => path)).toContain('/boot/grub/grub.cfg');
      expect(readdirSync(join(root, '/var/lib/vfio-pilot/journal', ids[0], 'generated'))).toEqual([]);
    }));

  it('failure mode 40: gives programs private places to write to, where nobody else can put anything', () =>
    withRoot(async (root) => {
      fillHost(root);
      const places: string[] = [];
      const make = (argv: readonly string[]) => {
        const output = argv[1] ?? '';
        places.push(`${dirname(output)} ${(lstatSync(dirname(join(root, output))).mode & 0o7777).toString(8)}`);
        writeFileSync(join(root, output), 'made');
        return {exitCode: 0};
      };
      const machine = realMachine(root, {make});
      await applyChanges(
        machine,
        request([fileChange(machine, '/etc/a', 'new'), generated('/boot/cfg', ['make', '{output}'], ['/etc/a'])]),
        silent,
        never,
      );
      expect(places).toEqual([`/var/lib/vfio-pilot/journal/${ids[0]}/generated 700`]);
    }));

  it.each([0o000, 0o077, 0o777])('gives the same tree under umask %o', (umask) =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root);
      const changes = hostChanges(machine);
      const old = process.umask(umask);
      try {
        await applyChanges(machine, request(changes), silent, never);
      } finally {
        process.umask(old);
      }
      const tree = snapshot(root);
      expect(tree['/etc/modprobe.d/vfio.conf']).toMatch(/^file 644 /u);
      expect(tree['/etc/initramfs-tools/scripts']).toMatch(/^directory 755 /u);
    }),
  );

  it('below another root lists programs as not run and writes the domain as a private file', () =>
    withRoot(async (root) => {
      fillHost(root);
      const before = snapshot(root);
      const machine = realMachine(root);
      const events: ProgressEvent[] = [];
      await applyChanges(machine, request(hostChanges(machine)), (event) => events.push(event), never);
      const notRun = events.filter((event) => event.kind === 'command' && event.state === 'not-run');
      expect(notRun).toMatchObject([
        {argv: expect.arrayContaining(['mkinitcpio']), detail: 'not run: another root'},
        {argv: ['update-initramfs', '-u'], detail: 'not run: another root'},
        {argv: expect.arrayContaining(['grub-mkconfig']), detail: 'not run: another root'},
        {argv: ['bootctl', 'set-default', 'new.conf'], detail: 'not run: another root'},
      ]);
      expect(events).toContainEqual({
        kind: 'warning',
        message: '/efi/loader/entries/new.conf was not written: the image that it names could not be made here.',
      });
      expect(Object.keys(snapshot(root)).filter((path) => path.startsWith('/efi/'))).toEqual([
        '/efi/initrd',
        '/efi/loader',
        '/efi/loader/entries',
        '/efi/loader/entries/old.conf',
      ]);
      expect(snapshot(root)['/etc/libvirt/qemu/new.xml']).toMatch(/^file 600 /u);
      expect(readHistory(machine)[0]?.commands.map(({state}) => state)).toEqual([
        'not-run',
        'not-run',
        'not-run',
        'not-run',
      ]);
      await rollback(machine, {}, silent, never);
      expect(snapshot(root)).toEqual(before);
    }));

  it('runs a command once, and only when something that triggers it changed', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const ran: string[] = [];
      const note = (argv: readonly string[]) => (ran.push(argv.join(' ')), {exitCode: 0});
      const machine = realMachine(root, {one: note, two: note, always: note});
      const changes = [
        fileChange(machine, '/etc/a', 'new'),
        command(['one'], ['/etc/a']),
        command(['one'], ['/etc/a']),
        command(['two'], ['/etc/b']),
        command(['always'], []),
        // Of another part of the plan: what triggers the first is not forgotten over it.
        command(['one'], ['/etc/b']),
      ];
      await applyChanges(machine, request(changes), silent, never);
      expect(ran).toEqual(['one', 'always']);
    }));

  it('does not install a generated file that did not change or is not valid', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      put(root, '/boot/cfg', 'same');
      const make = (content: string) => ({
        make: (argv: readonly string[]) => (writeFileSync(join(root, argv[1] ?? ''), content), {exitCode: 0}),
        ls: () => ({exitCode: 0, stdout: 'a\nusr/vfio-pci.ko\n'}),
      });
      const inode = lstatSync(join(root, '/boot/cfg')).ino;
      const same = realMachine(root, make('same'));
      await applyChanges(
        same,
        request([fileChange(same, '/etc/a', 'new'), generated('/boot/cfg', ['make', '{output}'], ['/etc/a'])]),
        silent,
        never,
      );
      expect(lstatSync(join(root, '/boot/cfg')).ino).toBe(inode);

      const before = snapshot(root);
      for (const [content, validation, reason] of [
        ['', [], /empty/u],
        ['x', [{kind: 'size', minimumRatio: 0.5}], /1 bytes/u],
        ['other', [{kind: 'contains', texts: ['wanted']}], /"wanted"/u],
        ['other', [{kind: 'listing', argv: ['ls', '{output}'], contains: ['vfio-pci', 'vfio_iommu']}], /"vfio_iommu"/u],
      ] as const) {
        const machine = realMachine(root, make(content));
        const changes = [
          fileChange(machine, '/etc/a', 'newer'),
          generated('/boot/cfg', ['make', '{output}'], ['/etc/a'], validation),
        ];
        await expect(
          applyChanges(
            machine,
            request(
              changes,
              `20260131T13000${content.length}Z-${validation.length}${reason.source.length}0a`.slice(0, 21),
            ),
            silent,
            never,
          ),
        ).rejects.toThrow(reason);
        expect(snapshot(root)).toEqual(before);
      }
    }));

  it('that is interrupted restores the tree and says so', async () => {
    for (const step of ['stage', 'backup', 'install', 'verify', 'run'] as const) {
      await withRoot(async (root) => {
        fillHost(root);
        const before = snapshot(root);
        const machine = realMachine(root, programs);
        const controller = new AbortController();
        const applying = applyChanges(
          machine,
          request(hostChanges(machine)),
          (event) => {
            if (event.kind === 'step' && event.step === step) controller.abort();
          },
          controller.signal,
        );
        await expect(applying).rejects.toMatchObject({isRestored: true, isInterrupted: true});
        expect({step, tree: snapshot(root)}).toEqual({step, tree: before});
      });
    }
  });

  it('failure mode 41: runs dry in memory without a mutating call', () =>
    withRoot(async (root) => {
      fillHost(root);
      const before = snapshot(root);
      const inner = counting(realMachine(root));
      const machine = dryRunMachine(inner);
      await expect(applyChanges(machine, request(hostChanges(inner)), silent, never)).resolves.toMatchObject({
        outcome: 'applied',
      });
      expect(inner.mutations()).toBe(0);
      expect(snapshot(root)).toEqual(before);
      expect(machine.recorded()).toContain('rename /etc/default/grub');
    }));
});
