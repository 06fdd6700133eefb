import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {chmodSync, chownSync, lstatSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {interceptMachine} from '../support/intercept-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {journalRoot} from '../../src/system/state-directory.ts';
import {backupFile} from '../../src/transaction/path-state.ts';
import type {ProgressEvent} from '../../src/transaction/transaction.ts';
import {fileChange, ids, never, programs, request, silent} from './scenario.ts';
import {put, text, withRoot} from './scratch-root.ts';

const path = '/etc/a';

/** Applies to one file, with a machine or an editor that does not do as expected. */
const applyOne = (
  root: string,
  wrap: (machine: Machine) => Machine,
  events: (event: ProgressEvent) => void = silent,
) => {
  const machine = realMachine(root);
  return applyChanges(wrap(machine), request([fileChange(machine, path, 'new')]), events, never);
};
const withOld = (use: (root: string) => Promise<void>): Promise<void> =>
  withRoot((root) => {
    put(root, path, 'old');
    return use(root);
  });

describe('what is read back', () => {
  it('and was edited while it is backed up is not replaced', () =>
    withOld(async (root) => {
      const edit = (event: ProgressEvent): void =>
        void (event.kind === 'step' && event.step === 'backup' && writeFileSync(join(root, path), 'edited'));
      await expect(applyOne(root, (machine) => machine, edit)).rejects.toMatchObject({
        message: expect.stringContaining(`${path} changed while it was backed up`),
        isRestored: true,
      });
      expect(text(root, path)).toBe('edited');
    }));

  it('as a backup and is another one ends the run before a file changes', () =>
    withOld(async (root) => {
      const rotten = (machine: Machine): Machine => ({
        ...machine,
        readParts: (file, each) =>
          file.includes('/backup/') ? each(Buffer.from('rotten')) : machine.readParts(file, each),
      });
      await expect(applyOne(root, rotten)).rejects.toThrow(/backup.* is not what was written/u);
      expect(text(root, path)).toBe('old');
    }));

  it('after the rename and is something else is no success', () =>
    withOld(async (root) => {
      const rotting = (machine: Machine): Machine => ({
        ...machine,
        rename: (from, to) => {
          machine.rename(from, to);
          if (to === path) writeFileSync(join(root, path), 'rotten');
        },
      });
      await expect(applyOne(root, rotting)).rejects.toMatchObject({
        message: expect.stringContaining(`${path} is not what was written`),
        isRestored: false,
      });
    }));

  it('at the last moment and is an edit is kept', () =>
    withOld(async (root) => {
      const editing = (machine: Machine): Machine => ({
        ...machine,
        hold: (file) => {
          const held = machine.hold(file);
          writeFileSync(join(root, file), 'edited');
          return held;
        },
      });
      await expect(applyOne(root, editing)).rejects.toMatchObject({
        message: expect.stringContaining(`${path} changed in the meantime`),
      });
      expect(text(root, path)).toBe('edited');
    }));
});

describe('a restoration', () => {
  it('from a backup that is damaged is refused and told', () =>
    withOld(async (root) => {
      await applyOne(root, (machine) => machine);
      writeFileSync(join(root, backupFile(ids[0], 0)), 'rotten');
      await expect(rollback(realMachine(root), {}, silent, never)).rejects.toMatchObject({
        message: expect.stringContaining(`The backup ${backupFile(ids[0], 0)}`),
        // Refused before the first change, so the machine is as it was.
        isRestored: true,
      });
      expect(text(root, path)).toBe('new');
    }));

  it('from a backup that goes bad after all were checked does not install it', () =>
    withOld(async (root) => {
      await applyOne(root, (machine) => machine);
      const rot = ({path: changed}: {readonly path: string}): null => {
        if (changed.endsWith('/journal.json')) writeFileSync(join(root, backupFile(ids[0], 0)), 'rotten');
        return null;
      };
      const rotting = interceptMachine(realMachine(root), {onRead: silent, onMutation: rot});
      await expect(rollback(rotting, {}, silent, never)).rejects.toMatchObject({
        message: expect.stringContaining(`The backup ${backupFile(ids[0], 0)} of ${path} is damaged.`),
        isRestored: false,
      });
      expect(text(root, path)).toBe('new');
    }));

  it('that did not arrive on the disk is not called one', () =>
    withOld(async (root) => {
      await applyOne(root, (machine) => machine);
      const machine = realMachine(root);
      const lying: Machine = {
        ...machine,
        rename: (from, to) => (to === path ? machine.unlink(from) : machine.rename(from, to)),
      };
      await expect(rollback(lying, {}, silent, never)).rejects.toMatchObject({
        message: expect.stringContaining(`${path} is not as it was before`),
        isRestored: false,
      });
    }));
});

const domain = '/etc/libvirt/qemu/win.xml';

/** The run was killed while libvirt took a guest. */
const diedInLibvirt = async (root: string): Promise<Machine> => {
  put(root, domain, '<domain><name>win</name></domain>\n', 0o600);
  const sound = realMachine(root, programs);
  const change = fileChange(sound, domain, '<domain><name>win</name><memory/></domain>\n', 'guest');
  await expect(applyChanges(dyingAfterRun(sound), request([change]), silent, never)).rejects.toThrow(/gone/u);
  return sound;
};

it('an edit of a guest that libvirt had half taken when the run was killed is kept, and told', () =>
  withRoot(async (root) => {
    const sound = await diedInLibvirt(root);
    writeFileSync(join(root, domain), 'edited');
    const told: string[] = [];
    await recover(sound, {}, (event) => event.kind === 'warning' && told.push(event.message));
    expect(text(root, domain)).toBe('<domain><name>win</name></domain>\n');
    const kept = /kept in (\S+)\.$/.exec(told.join('\n'))?.[1] ?? '';
    expect(text(root, kept)).toBe('edited');
  }));

it('so is a second one, from between two attempts to put the guest back', () =>
  withRoot(async (root) => {
    const sound = await diedInLibvirt(root);
    const told: string[] = [];
    const events = (event: ProgressEvent): void => void (event.kind === 'warning' && told.push(event.message));
    writeFileSync(join(root, domain), 'first');
    await expect(recover(realMachine(root, {virsh: () => ({exitCode: 1})}), {}, events)).rejects.toThrow(/virsh/u);
    writeFileSync(join(root, domain), 'second');
    await recover(sound, {}, events);
    expect(text(root, domain)).toBe('<domain><name>win</name></domain>\n');
    const kept = told.flatMap((message) => /kept in (\S+)\.$/.exec(message)?.[1] ?? []);
    expect(kept.map((path) => text(root, path))).toEqual(['first', 'second']);
  }));

/** As of a process that is gone once a program has done its work. */
const dyingAfterRun = (machine: Machine): Machine => {
  let isDead = false;
  const look = (): null => {
    if (isDead) throw Object.assign(new Error('the process is gone'), {code: 'CRASH'});
    return null;
  };
  const watched = interceptMachine(
    {...machine, self: {...machine.self, pid: 999_999_999, startTime: '1'}},
    {onRead: look, onMutation: look},
  );
  return {...watched, run: async (request) => watched.run(request).finally(() => (isDead = true))};
};

/** The journal can't be saved. */
const fullJournal = (machine: Machine): Machine =>
  interceptMachine(machine, {
    onRead: silent,
    onMutation: ({name, path: file}) => {
      if (name === 'rename' && file.endsWith('journal.json'))
        throw Object.assign(new Error('full (ENOSPC)'), {code: 'ENOSPC'});
      return null;
    },
  });

it('a rollback that the journal cannot know of does not begin', () =>
  withOld(async (root) => {
    await applyOne(root, (machine) => machine);
    await expect(rollback(fullJournal(realMachine(root)), {}, silent, never)).rejects.toThrow('ENOSPC');
    expect(text(root, path)).toBe('new');
  }));

it('a journal that cannot be begun leaves nothing behind', () =>
  withOld(async (root) => {
    await expect(applyOne(root, fullJournal)).rejects.toMatchObject({
      message: expect.stringContaining('The journal could not be started'),
      isRestored: true,
    });
    expect(readdirSync(join(root, journalRoot))).toEqual([]);
  }));

it.skipIf(process.geteuid?.() !== 0)('a setuid file of another owner stays one, also restored (needs root)', () =>
  withOld(async (root) => {
    chownSync(join(root, path), 33, 33);
    chmodSync(join(root, path), 0o6755);
    await applyOne(root, (machine) => machine);
    expect(lstatSync(join(root, path))).toMatchObject({mode: 0o106755, uid: 33, gid: 33});
    await rollback(realMachine(root), {}, silent, never);
    expect(lstatSync(join(root, path))).toMatchObject({mode: 0o106755, uid: 33, gid: 33});
  }),
);
