import {readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {FileChange, RunChange} from '../../src/changes/change.ts';
import {rollback} from '../../src/hosts/transactions.ts';
import {planRollback} from '../../src/hosts/plan-rollback.ts';
import {isObject} from '../../src/decode/decode.ts';
import {recover} from '../../src/hosts/recover.ts';
import {applyChanges} from '../../src/hosts/transactions.ts';
import type {Machine, Program} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {journalFile} from '../../src/system/state-directory.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {failingMachine} from '../support/failing-machine.ts';
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

const path = '/srv/guest.conf';

const change = (machine: Machine, onRollback: 'restore' | 'remove' | 'keep', content = 'ours'): FileChange => ({
  ...fileChange(machine, path, content),
  onRollback,
});

/** Applies, lets somebody edit the file, and rolls back; the warnings that were said. */
const undoAfterEdit = async (root: string, onRollback: 'remove' | 'keep'): Promise<readonly string[]> => {
  const machine = realMachine(root);
  await applyChanges(machine, request([change(machine, onRollback)]), silent, never);
  put(root, path, 'edited');
  const said: string[] = [];
  const result = await rollback(machine, {}, (event) => event.kind === 'warning' && said.push(event.message), never);
  expect(result).toMatchObject({outcome: 'rolled-back', edited: []});
  expect(readHistory(machine)).toMatchObject([{state: 'rolled-back'}]);
  return said;
};

describe('what a rollback would do to a file', () => {
  const planned = async (onRollback: 'restore' | 'remove' | 'keep', present: string | null) =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      if (present !== null) put(root, path, present);
      await applyChanges(machine, request([change(machine, onRollback)]), silent, never);
      const noFacts = () => Promise.reject(new Error('nothing asks for facts where no plan was kept'));
      const {undone} = await planRollback(machine, noFacts, {id: null, keepEdits: false, withDiffs: true});
      return undone;
    });

  it.each([
    ['restore', 'theirs', 'restore'],
    ['restore', null, 'remove'],
    ['remove', null, 'remove'],
  ] as const)('%j over %j is said to be: %s', async (onRollback, present, fate) => {
    expect(await planned(onRollback, present)).toEqual([{path, fate, diff: expect.stringContaining('-ours')}]);
  });

  it('is said of the applied run, also while a later one waits to be finished', () =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      await applyChanges(machine, request([change(machine, 'restore')]), silent, never);
      await applyChanges(machine, request([fileChange(machine, '/srv/later.conf', 'later')], ids[1]), silent, never);
      const file = journalFile(ids[1]);
      put(root, file, text(root, file).replace('"COMMITTED"', '"COMMITTING"'));
      const noFacts = () => Promise.reject(new Error('no plan was kept'));
      const {run, undone} = await planRollback(machine, noFacts, {id: null, keepEdits: false, withDiffs: false});
      expect(run?.id).toBe(ids[0]);
      expect(undone).toEqual([{path, fate: 'remove', diff: ''}]);
    }));

  it('is to keep one that may hold data, of which no diff is made', async () => {
    expect(await planned('keep', null)).toEqual([{path, fate: 'keep', diff: ''}]);
  });
});

describe('on rollback a file', () => {
  it('that is to be kept stays with what it holds by then, and the user is told', () =>
    withRoot(async (root) => {
      const said = await undoAfterEdit(root, 'keep');
      expect(text(root, path)).toBe('edited');
      expect(said).toEqual([`${path} stays, as it may hold your data. Delete it yourself if you do not need it.`]);
    }));

  it('that is to be removed goes whatever it holds by then, and the user is told', () =>
    withRoot(async (root) => {
      const before = snapshot(root);
      const said = await undoAfterEdit(root, 'remove');
      expect(snapshot(root)).toEqual(before);
      expect(said).toEqual([
        expect.stringContaining(`${path} was changed since it was made. It is removed all the same`),
      ]);
    }));

  it('that is to be kept is named by none of the paths that were restored', () =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      const changes = [change(machine, 'keep'), fileChange(machine, '/etc/other', 'ours')];
      await applyChanges(machine, request(changes), silent, never);
      await expect(rollback(machine, {}, silent, never)).resolves.toMatchObject({paths: ['/etc/other']});
      expect(text(root, path)).toBe('ours');
    }));
});

describe('a file that is to be kept', () => {
  it('is taken back all the same when its run fails', () =>
    withRoot(async (root) => {
      const before = snapshot(root);
      const machine = realMachine(root, {false: () => ({exitCode: 1})});
      const fails = command(['false'], [path]);
      await expect(applyChanges(machine, request([change(machine, 'keep'), fails]), silent, never)).rejects.toThrow(
        /false/u,
      );
      expect(snapshot(root)).toEqual(before);
    }));

  it('is kept or taken back, never lost, wherever a rollback is cut off', async () => {
    let points = 0;
    for (let failAt = 1; ; failAt += 1) {
      const isOver = await withRoot(async (root) => {
        const sound = realMachine(root);
        const changes = [change(sound, 'keep'), fileChange(sound, '/etc/other', 'ours')];
        await applyChanges(sound, request(changes), silent, never);
        const machine = failingMachine({...sound, self: {...sound.self, pid: 999_999_999}}, {failAt, crash: true});
        const isThrough = await rollback(machine, {}, silent, never).then(
          () => true,
          () => false,
        );
        await recover(sound, {}, silent);
        if (readHistory(sound)[0]?.state === 'applied') await rollback(sound, {}, silent, never);
        expect(text(root, path)).toBe('ours');
        expect(sound.stat('/etc/other')).toBeNull();
        return isThrough;
      });
      if (isOver) break;
      points += 1;
    }
    expect(points).toBeGreaterThan(5);
  });
});

describe('a file that a program makes', () => {
  const image = '/srv/disk.img';
  const size = 24 * 1024 * 1024 + 7;
  /** Writes it in parts, as a program does. */
  const makeImage: Program = ([, output = ''], machine) => {
    const file = machine.create(output);
    const part = Buffer.alloc(1024 * 1024, 'x');
    for (let left = size; left > 0; left -= part.length) file.write(part.subarray(0, Math.min(left, part.length)));
    file.close();
    return {exitCode: 0};
  };
  const made = (): RunChange => generated(image, ['make-image', '{output}'], [path]);

  it('is never held as a whole, when it is installed, backed up, put back or removed', () =>
    withRoot(async (root) => {
      put(root, image, 'y'.repeat(3 * 1024 * 1024));
      const before = snapshot(root);
      const inner = realMachine(root, {'make-image': makeImage});
      let largest = 0;
      const machine: Machine = {
        ...inner,
        read: (file) => {
          const bytes = inner.read(file);
          largest = Math.max(largest, bytes.length);
          return bytes;
        },
        readParts: (file, each) =>
          inner.readParts(file, (part) => {
            largest = Math.max(largest, part.length);
            each(part);
          }),
        create: (file) => {
          const created = inner.create(file);
          return {
            ...created,
            write: (bytes) => {
              largest = Math.max(largest, bytes.length);
              return created.write(bytes);
            },
          };
        },
      };
      await applyChanges(machine, request([fileChange(machine, path, 'ours'), made()]), silent, never);
      expect(machine.stat(image)?.size).toBe(size);
      await rollback(machine, {}, silent, never);
      expect(snapshot(root)).toEqual(before);
      expect(largest).toBeLessThanOrEqual(1024 * 1024);
    }));
});

describe('a journal of an earlier version', () => {
  const old = resolve(import.meta.dirname, 'journals/version-1.json');
  /** As if that program had been run by whoever runs the test. */
  const ownedBy = ({uid, gid}: Machine['self']): string =>
    readFileSync(old, 'utf8').replaceAll('"uid": 0', `"uid": ${uid}`).replaceAll('"gid": 0', `"gid": ${gid}`);

  it('is read, and its run undone to the byte', () =>
    withRoot(async (root) => {
      fillHost(root);
      const before = snapshot(root);
      const machine = realMachine(root, programs);
      await applyChanges(machine, request(hostChanges(machine)), silent, never);
      writeFileSync(join(root, journalFile(ids[0])), ownedBy(machine.self));
      await rollback(machine, {}, silent, never);
      expect(snapshot(root)).toEqual(before);
      expect(JSON.parse(text(root, journalFile(ids[0])))).toMatchObject({version: 2, state: 'ROLLED_BACK'});
    }));

  it('or of a later one is refused with a sentence, and nothing is changed', () =>
    withRoot(async (root) => {
      const machine = realMachine(root);
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'new')]), silent, never);
      const journal: unknown = JSON.parse(text(root, journalFile(ids[0])));
      writeFileSync(
        join(root, journalFile(ids[0])),
        JSON.stringify(isObject(journal) ? {...journal, version: 9} : null),
      );
      await expect(rollback(machine, {}, silent, never)).rejects.toThrow('was made by a newer version of vfio-pilot.');
      expect(text(root, '/etc/a')).toBe('new');
    }));
});

describe('an effect that this version does not know', () => {
  it('keeps nothing else from being put back, and is named', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const machine = realMachine(root, {'grub-editenv': () => ({exitCode: 0})});
      const set: RunChange = {
        ...command(['grub-editenv', 'set'], ['/etc/a'], ['grub-editenv', 'unset']),
        command: {
          ...command(['grub-editenv', 'set'], ['/etc/a'], ['grub-editenv', 'unset']).command,
          effect: {kind: 'files-hold', paths: ['/etc/a'], texts: ['new']},
        } as RunChange['command'],
      };
      await applyChanges(machine, request([fileChange(machine, '/etc/a', 'new'), set]), silent, never);
      const file = join(root, journalFile(ids[0]));
      writeFileSync(file, readFileSync(file, 'utf8').replace('"files-hold"', '"moon-phase"'));
      await expect(rollback(machine, {}, silent, never)).rejects.toThrow(
        /"moon-phase", which this version cannot read/u,
      );
      expect(text(root, '/etc/a')).toBe('old');
    }));
});
