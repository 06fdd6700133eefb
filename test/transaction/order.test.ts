import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {dirname} from 'node:path';
import {describe, expect, it} from 'vitest';
import {interceptMachine, type MutatingCall} from '../support/intercept-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import type {ProgressEvent} from '../../src/transaction/transaction.ts';
import {
  bootFaults,
  fileChange,
  fillHost,
  generated,
  hostChanges,
  never,
  programs,
  request,
  silent,
} from './scenario.ts';
import {put, snapshot, withRoot} from './scratch-root.ts';

type Call = {readonly name: string; readonly path: string; readonly from?: string};

/** Every rename must find its source synced, and be followed by a sync of the directory before the next journal state. */
const faults = (calls: readonly Call[]): readonly string[] => {
  const dirty = new Set<string>();
  const unsyncedDirectories = new Set<string>();
  const found: string[] = [];
  for (const {name, path, from} of calls) {
    if (['create', 'write', 'chmod', 'chown', 'copyAttributes'].includes(name)) dirty.add(path);
    if (name === 'sync') dirty.delete(path);
    if (name === 'syncDirectory') unsyncedDirectories.delete(path);
    if (name === 'rename' && from !== undefined) {
      if (dirty.has(from)) found.push(`${path} was renamed before its content was on the disk`);
      if (path.endsWith('/journal.json'))
        for (const directory of unsyncedDirectories) found.push(`${directory} was not on the disk before the journal`);
    }
    if (
      ['rename', 'unlink', 'symlink', 'makeDirectory'].includes(name) &&
      !path.includes('/generated/') &&
      !path.endsWith('.new') &&
      !path.includes('/lock')
    )
      unsyncedDirectories.add(dirname(path));
    if (name === 'removeDirectory') unsyncedDirectories.delete(path);
  }
  return found;
};

const recorded = async (verb: 'apply' | 'rollback'): Promise<readonly Call[]> =>
  withRoot(async (root) => {
    fillHost(root);
    const calls: Call[] = [];
    const sound = realMachine(root, programs);
    const noted: Machine = {
      ...sound,
      rename: (from, to) => (calls.push({name: 'rename', path: to, from}), sound.rename(from, to)),
    };
    const machine = interceptMachine(noted, {
      onRead: silent,
      onMutation: ({name, path}: MutatingCall) => {
        if (name !== 'rename') calls.push({name, path});
        return null;
      },
    });
    await applyChanges(machine, request(hostChanges(sound)), silent, never);
    if (verb === 'apply') return calls;
    calls.length = 0;
    await rollback(machine, {}, silent, never);
    return calls;
  });

describe('the order on the disk', () => {
  it.each(['apply', 'rollback'] as const)('of %s is: content, name, directory, journal', async (verb) => {
    const calls = await recorded(verb);
    expect(calls.filter(({name}) => name === 'rename').length).toBeGreaterThan(8);
    expect(faults(calls)).toEqual([]);
  });

  it.each(['sync', 'syncDirectory'])('would be found wrong without "%s"', async (missing) => {
    expect(faults((await recorded('apply')).filter(({name}) => name !== missing))).not.toEqual([]);
  });
});

describe('a boot loader', () => {
  it.each(['apply', 'rollback'] as const)(
    'is at no instant of %s left with a default that is gone, or an entry whose image is gone',
    (verb) =>
      withRoot(async (root) => {
        fillHost(root);
        const sound = realMachine(root, programs);
        const found: string[] = [];
        let looks = 0;
        const machine = interceptMachine(sound, {
          onRead: silent,
          onMutation: () => ((looks += 1), found.push(...bootFaults(root)), null),
        });
        const changes = hostChanges(sound);
        await applyChanges(verb === 'apply' ? machine : sound, request(changes), silent, never);
        expect(bootFaults(root)).toEqual([]);
        if (verb === 'rollback') await rollback(machine, {}, silent, never);
        expect(looks).toBeGreaterThan(50);
        expect(found).toEqual([]);
      }),
  );

  it('is given back the default that it had, although an update has made the image anew since', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, programs);
      const before = snapshot(root);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      put(root, '/efi/initrd.new', 'initrd of the next kernel');
      await rollback(machine, {}, silent, never);
      expect(snapshot(root)).toEqual(before);
    }));

  it('is not touched where the partition has no room for an image as large as the one that works', () =>
    withRoot(async (root) => {
      fillHost(root);
      const sound = realMachine(root, programs);
      const before = snapshot(root);
      const small: Machine = {
        ...sound,
        space: (path) => ({
          ...sound.space(path),
          ...(path.startsWith('/efi') ? {device: 7, freeBytes: 30, blockSize: 1} : {}),
        }),
      };
      put(root, '/efi/initrd', 'initrd of thirty bytes and some');
      await expect(applyChanges(small, request(hostChanges(sound)), silent, never)).rejects.toThrow(
        /The file system of \/efi.* has no room/,
      );
      put(root, '/efi/initrd', 'initrd');
      expect(snapshot(root)).toEqual(before);
    }));

  it('keeps the default that somebody chose after the apply', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, programs);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      await machine.run({
        argv: ['bootctl', 'set-default', 'third.conf'],
        timeoutSeconds: 1,
        signal: never,
        onOutput: silent,
      });
      const events: ProgressEvent[] = [];
      await rollback(machine, {}, (event) => events.push(event), never);
      expect(events).toContainEqual({
        kind: 'warning',
        message: 'Another default was chosen in the boot loader since; it stays.',
      });
      const variable =
        snapshot(root)['/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'];
      expect(Buffer.from(variable?.split(' ').at(-1) ?? '', 'base64').toString('utf16le')).toContain('third.conf');
    }));

  it('is not switched when somebody has chosen another default since the plan was made', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, programs);
      const changes = hostChanges(machine);
      await machine.run({
        argv: ['bootctl', 'set-default', 'third.conf'],
        timeoutSeconds: 1,
        signal: never,
        onOutput: silent,
      });
      const before = snapshot(root);
      await expect(applyChanges(machine, request(changes), silent, never)).rejects.toThrow(
        /LoaderEntryDefault is "third\.conf" now/,
      );
      expect(snapshot(root)).toEqual(before);
    }));
});

const fatMachine = (root: string, onMutation: (call: MutatingCall) => void): Machine => {
  const sound = realMachine(root, programs);
  return interceptMachine(
    {...sound, space: (path) => ({...sound.space(path), isFat: path.startsWith('/efi')})},
    {onRead: silent, onMutation: (call) => (onMutation(call), null)},
  );
};

it('on FAT saves a renamed file once more, behind its directory and before the next file', () =>
  withRoot(async (root) => {
    fillHost(root);
    const calls: string[] = [];
    const machine = fatMachine(
      root,
      ({name, path}) =>
        void (
          path.startsWith('/efi') &&
          ['rename', 'syncFile', 'syncDirectory'].includes(name) &&
          calls.push(`${name} ${path}`)
        ),
    );
    const settled = (path: string) => [`rename ${path}`, `syncDirectory ${dirname(path)}`, `syncFile ${path}`];
    await applyChanges(
      machine,
      request(
        ['/efi/a', '/efi/loader/b.conf'].map((path) =>
          fileChange(machine, path, 'new', path.endsWith('.conf') ? 'last' : 'file'),
        ),
      ),
      silent,
      never,
    );
    const fromFirst = calls.slice(calls.indexOf('rename /efi/a'));
    expect(fromFirst.slice(0, 3)).toEqual(settled('/efi/a'));
    expect(fromFirst.join('\n')).toContain(settled('/efi/loader/b.conf').join('\n'));
  }));

it('on FAT saves what a killed run renamed before recovery believes it', () =>
  withRoot(async (root) => {
    fillHost(root);
    let isDead = false;
    const live = (call: MutatingCall | null): null => {
      isDead ||= call?.name === 'syncFile';
      if (isDead) throw new Error('killed');
      return null;
    };
    const fat = fatMachine(root, () => undefined);
    const killed = interceptMachine(
      {...fat, self: {...fat.self, pid: 999_999_999}},
      {onRead: () => live(null), onMutation: live},
    );
    await expect(applyChanges(killed, request([fileChange(fat, '/efi/a', 'new')]), silent, never)).rejects.toThrow(
      'killed',
    );
    const saved: string[] = [];
    const [recovery] = await recover(
      fatMachine(root, ({name, path}) => void (name === 'syncFile' && saved.push(path))),
      {direction: 'forward'},
      silent,
    );
    expect([recovery?.did, saved]).toEqual(['completed', ['/efi/a']]);
  }));

it('on FAT takes a file for its own that a power cut has left empty', () =>
  withRoot(async (root) => {
    fillHost(root);
    const before = snapshot(root);
    const machine = fatMachine(root, () => undefined);
    await applyChanges(machine, request([fileChange(machine, '/efi/a', 'new')]), silent, never);
    put(root, '/efi/a', '');
    await rollback(machine, {}, silent, never);
    expect(snapshot(root)).toEqual(before);
  }));

it('on FAT adds files, leaves owner and mode to the mount, and refuses to replace', () =>
  withRoot(async (root) => {
    put(root, '/efi/a', 'old');
    put(root, '/efi/grub.cfg', 'old');
    put(root, '/etc/default/grub', 'old');
    const before = snapshot(root);
    const sound = realMachine(root, programs);
    const calls: string[] = [];
    const machine = fatMachine(root, ({name, path}) => void (path.startsWith('/efi') && calls.push(name)));
    await applyChanges(machine, request([fileChange(sound, '/efi/b', 'new')]), silent, never);
    expect(calls).not.toContain('chmod');
    await applyChanges(machine, request([fileChange(sound, '/efi/b', null)], '20260131T120009Z-aaaa'), silent, never);
    const replaced = [fileChange(sound, '/efi/a', 'new')];
    await expect(applyChanges(machine, request(replaced, '20260131T120010Z-aaaa'), silent, never)).rejects.toThrow(
      '/efi/a is on a FAT',
    );
    const remade = [
      fileChange(sound, '/etc/default/grub', 'new'),
      generated('/efi/grub.cfg', ['grub-mkconfig', '-o', '{output}'], ['/etc/default/grub']),
    ];
    await expect(applyChanges(machine, request(remade, '20260131T120011Z-aaaa'), silent, never)).rejects.toThrow(
      '/efi/grub.cfg is on a FAT',
    );
    expect(snapshot(root)).toEqual(before);
  }));
