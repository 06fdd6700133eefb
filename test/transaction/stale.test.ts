import {applyChanges} from '../../src/hosts/transactions.ts';
import {execFileSync, spawn} from 'node:child_process';
import {chmodSync, chownSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Change} from '../../src/changes/change.ts';
import {TransactionError} from '../../src/errors.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {fileChange, linkChange, never, request, silent} from './scenario.ts';
import {put, putLink, snapshot, withRoot} from './scratch-root.ts';

const isRoot = process.geteuid?.() === 0;

/** Changes the tree between plan and apply; answers what apply said and whether it touched anything. */
const refusal = (
  prepare: (root: string) => void,
  disturb: (root: string) => void,
): Promise<{readonly message: string; readonly isUntouched: boolean}> =>
  withRoot(async (root) => {
    prepare(root);
    const sound = realMachine(root);
    const changes: readonly Change[] = [fileChange(sound, '/etc/other', 'new'), fileChange(sound, '/etc/a', 'new')];
    disturb(root);
    const before = JSON.stringify(snapshot(root));
    const machine = failingMachine(sound, {failAt: Number.POSITIVE_INFINITY, crash: true});
    const error: unknown = await applyChanges(machine, request(changes), silent, never).catch(
      (reason: unknown) => reason,
    );
    const message = error instanceof TransactionError && error.isRestored ? error.message : '';
    return {message, isUntouched: machine.mutations() === 0 && JSON.stringify(snapshot(root)) === before};
  });

const told = (reason: RegExp) => ({
  message: expect.stringMatching(new RegExp(`^/etc/a is .*${reason.source}`, 'u')),
  isUntouched: true,
});

const withFile = (root: string): void => put(root, '/etc/a', 'old text');

describe('a plan that is out of date', () => {
  it.each<[string, (root: string) => void, RegExp]>([
    ['the content changed', (root) => writeFileSync(join(root, '/etc/a'), 'other words'), /content changed/u],
    [
      'the content changed and its size did not',
      (root) => writeFileSync(join(root, '/etc/a'), 'new text'),
      /content changed/u,
    ],
    ['the mode changed', (root) => chmodSync(join(root, '/etc/a'), 0o600), /mode changed from 0644 to 0600/u],
    [
      'it became a link',
      (root) => (rmSync(join(root, '/etc/a')), symlinkSync('/etc/passwd', join(root, '/etc/a'))),
      /symbolic link/u,
    ],
    ['it vanished', (root) => rmSync(join(root, '/etc/a')), /nothing is there/u],
  ])('is noticed when %s', async (_title, disturb, reason) => {
    expect(await refusal(withFile, disturb)).toEqual(told(reason));
  });

  it.skipIf(!isRoot)('is noticed when the owner changed (needs root)', async () => {
    expect(await refusal(withFile, (root) => chownSync(join(root, '/etc/a'), 1, 1))).toEqual(told(/owner changed/u));
  });

  it('is noticed when a file appeared where there was none', async () => {
    expect(await refusal((root) => mkdirSync(join(root, '/etc')), withFile)).toEqual(told(/a file is there/u));
  });

  it('is noticed when a link that is to be replaced points elsewhere', () =>
    withRoot(async (root) => {
      putLink(root, '/etc/link', 'one');
      const machine = realMachine(root);
      const changes = [linkChange(machine, '/etc/link', 'two')];
      rmSync(join(root, '/etc/link'));
      symlinkSync('three', join(root, '/etc/link'));
      await expect(applyChanges(machine, request(changes), silent, never)).rejects.toThrow(
        /\/etc\/link .* now points to three/u,
      );
    }));

  it('is noticed when the file changes while the new ones are staged', () =>
    withRoot(async (root) => {
      withFile(root);
      const sound = realMachine(root);
      const changes = [fileChange(sound, '/etc/a', 'new')];
      const applying = applyChanges(
        sound,
        request(changes),
        (event) => {
          if (event.kind === 'step' && event.step === 'recheck') writeFileSync(join(root, '/etc/a'), 'edited');
        },
        never,
      );
      await expect(applying).rejects.toMatchObject({isRestored: true, step: 'recheck'});
      expect(snapshot(root)).toMatchObject({
        '/etc/a': expect.stringContaining(Buffer.from('edited').toString('base64')),
      });
      expect(Object.keys(snapshot(root))).toEqual(['/etc', '/etc/a']);
    }));

  it('is noticed when only an extended attribute or ACL changes while the new files are staged', () =>
    withRoot(async (root) => {
      withFile(root);
      const sound = realMachine(root);
      const applying = applyChanges(
        sound,
        request([fileChange(sound, '/etc/a', 'new')]),
        // As setting an extended attribute does, this moves the time of the last change and nothing else.
        (event) => event.kind === 'step' && event.step === 'recheck' && chmodSync(join(root, '/etc/a'), 0o644),
        never,
      );
      await expect(applying).rejects.toMatchObject({
        isRestored: true,
        step: 'recheck',
        message: expect.stringMatching(/its attributes changed, while the new files were staged/u),
      });
    }));

  it('does not lose what an editor writes into the old file after the last look', () =>
    withRoot(async (root) => {
      withFile(root);
      const sound = realMachine(root);
      const machine = {
        ...sound,
        rename: (from: string, to: string) => {
          if (to === '/etc/a' && sound.read('/etc/a').toString() === 'old text')
            writeFileSync(join(root, '/etc/a'), 'late edit');
          sound.rename(from, to);
        },
      };
      await expect(applyChanges(machine, request([fileChange(sound, '/etc/a', 'new')]), silent, never)).rejects.toThrow(
        /edited while it was being replaced/u,
      );
      expect(sound.read('/etc/a').toString()).toBe('late edit');
    }));

  it('does not lose what an editor writes that had it open, and writes after the file was replaced', () =>
    withRoot(async (root) => {
      withFile(root);
      const machine = realMachine(root);
      const editor = spawn(
        'sh',
        ['-c', 'exec 3>>etc/a; echo open; until grep -q new etc/a; do :; done; sleep 0.3; echo late >&3'],
        {cwd: root, stdio: ['ignore', 'pipe', 'inherit']},
      );
      await new Promise((open) => editor.stdout.once('data', open));
      await expect(
        applyChanges(machine, request([fileChange(machine, '/etc/a', 'new')]), silent, never),
      ).rejects.toThrow(/edited while it was being replaced/u);
      expect(machine.read('/etc/a').toString()).toBe('old textlate\n');
    }));

  it('is tolerated when only the same content was written again', () =>
    withRoot(async (root) => {
      withFile(root);
      const machine = realMachine(root);
      const changes = [fileChange(machine, '/etc/a', 'new')];
      rmSync(join(root, '/etc/a'));
      withFile(root);
      await expect(applyChanges(machine, request(changes), silent, never)).resolves.toMatchObject({outcome: 'applied'});
    }));
});

describe('a target that is no plain file', () => {
  const isNothing = {
    kind: 'create',
    expected: {state: 'absent'},
    content: {text: 'new', encoding: 'utf8', mode: 0o644},
    placing: 'first',
    by: 'writer',
    diff: '',
    why: [],
  } as const;
  it.each<[string, (root: string) => void, RegExp]>([
    ['a FIFO', (root) => execFileSync('mkfifo', [join(root, '/etc/a')]), /FIFO/u],
    ['a directory', (root) => mkdirSync(join(root, '/etc/a')), /is a directory/u],
    [
      'a symbolic link',
      (root) => (put(root, '/etc/b', 'b'), symlinkSync('b', join(root, '/etc/a'))),
      /symbolic link to b/u,
    ],
    ['a dangling link', (root) => symlinkSync('nowhere', join(root, '/etc/a')), /symbolic link to nowhere/u],
    [
      'a file with a second name',
      (root) => (put(root, '/etc/b', 'b'), linkSync(join(root, '/etc/b'), join(root, '/etc/a'))),
      /2 hard links/u,
    ],
  ])('is refused: %s', (_title, prepare, reason) =>
    withRoot(async (root) => {
      mkdirSync(join(root, '/etc'));
      prepare(root);
      const before = snapshot(root);
      const applying = applyChanges(realMachine(root), request([{...isNothing, path: '/etc/a'}]), silent, never);
      await expect(applying).rejects.toMatchObject({isRestored: true, message: expect.stringMatching(reason)});
      expect(snapshot(root)).toEqual(before);
    }),
  );

  it.each(['/etc/../passwd', 'etc/a', '/', '/etc/', '/etc//a', '/var/lib/vfio-pilot/lock', '/etc/a\0b'])(
    'is refused: the path %j',
    (path) =>
      withRoot(async (root) => {
        await expect(applyChanges(realMachine(root), request([{...isNothing, path}]), silent, never)).rejects.toThrow(
          /not a path that can be changed/u,
        );
      }),
  );

  it('is refused when two changes name it', () =>
    withRoot(async (root) => {
      const change = {...isNothing, path: '/a'};
      await expect(applyChanges(realMachine(root), request([change, change]), silent, never)).rejects.toThrow(/twice/u);
    }));
});

describe('a directory on the way', () => {
  const change = (path: string): Change => ({
    kind: 'create',
    path,
    expected: {state: 'absent'},
    content: {text: 'new', encoding: 'utf8', mode: 0o644},
    placing: 'first',
    by: 'writer',
    diff: '',
    why: [],
  });

  it.each(['../outside', '../../../../../../../../tmp'])('that links out of the root (%s) is refused', (target) =>
    withRoot(async (root) => {
      mkdirSync(join(root, 'inside/etc'), {recursive: true});
      mkdirSync(join(root, 'outside'));
      symlinkSync(target === '../outside' ? '../../outside' : target, join(root, 'inside/etc/away'));
      const before = snapshot(root);
      await expect(
        applyChanges(realMachine(join(root, 'inside')), request([change('/etc/away/a')]), silent, never),
      ).rejects.toThrow(/leaves the root/u);
      expect(snapshot(root)).toEqual(before);
    }),
  );

  it('that is an absolute link means the same tree, as in a chroot', () =>
    withRoot(async (root) => {
      mkdirSync(join(root, 'real'));
      symlinkSync('/real', join(root, 'linked'));
      await applyChanges(realMachine(root), request([change('/linked/a')]), silent, never);
      expect(snapshot(root)).toHaveProperty(['/real/a']);
    }));

  it('that is a file or a dangling link is refused by name', () =>
    withRoot(async (root) => {
      put(root, '/etc/file', '');
      putLink(root, '/etc/dangling', 'nowhere');
      await expect(applyChanges(realMachine(root), request([change('/etc/file/a')]), silent, never)).rejects.toThrow(
        '/etc/file is no directory',
      );
      await expect(
        applyChanges(realMachine(root), request([change('/etc/dangling/a')]), silent, never),
      ).rejects.toThrow('/etc/dangling is a symbolic link');
    }));
});
