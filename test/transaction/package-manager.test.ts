import {applyChanges} from '../../src/hosts/transactions.ts';
import {spawn, spawnSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {LockedError} from '../../src/errors.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {findPackageManager} from '../../src/transaction/package-manager.ts';
import type {ProgressEvent} from '../../src/transaction/transaction.ts';
import {figure} from '../figures/figure.ts';
import {fileChange, never, request, silent} from './scenario.ts';
import {put, snapshot, withRoot} from './scratch-root.ts';

const hasPython = spawnSync('python3', ['-c', 'import fcntl']).status === 0;
const program =
  'import fcntl, sys; f = open(sys.argv[1], "r+"); sys.argv[2] == "locked" and fcntl.lockf(f, fcntl.LOCK_EX); print("held", flush=True); sys.stdin.read()';

type Holder = {readonly pid: number; readonly release: () => Promise<void>};

/** As apt does it: fcntl(2), which `flock` of util-linux does not. */
const holdFile = async (file: string, by: 'locked' | 'there'): Promise<Holder> => {
  const child = spawn('python3', ['-c', program, file, by], {stdio: ['pipe', 'pipe', 'inherit']});
  await new Promise<void>((held) => child.stdout.once('data', () => held()));
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  return {pid: child.pid ?? 0, release: () => (child.stdin.end(), ended)};
};

const managers = [
  ['dpkg', '/var/lib/dpkg/lock-frontend', 'locked'],
  ['rpm', '/usr/lib/sysimage/rpm/.rpm.lock', 'locked'],
  ['pacman', '/var/lib/pacman/db.lck', 'there'],
] as const;

const change = (root: string): ReturnType<typeof request> => request([fileChange(realMachine(root), '/etc/a', 'new')]);

describe.skipIf(!hasPython)(
  'a package manager at work (skipped where python3 is missing, which holds the locks)',
  () => {
    it('is named with its process, and nothing is written', async () => {
      let refused = 0;
      for (const [manager, path, by] of managers) {
        await withRoot(async (root) => {
          put(root, path, '');
          put(root, '/etc/a', 'old');
          const before = snapshot(root);
          const holder = await holdFile(join(root, path), by);
          const error: unknown = await applyChanges(
            realMachine(root),
            {...change(root), patienceMs: 0},
            silent,
            never,
          ).catch((reason: unknown) => reason);
          await holder.release();
          expect(error).toBeInstanceOf(LockedError);
          expect(String(error), manager).toContain(`, process ${holder.pid}) is at work; it holds ${path}.`);
          expect(snapshot(root)).toEqual(before);
          refused += 1;
        });
      }
      figure('D5', '3/3 named and refused', `${refused}/${managers.length} named and refused`);
    });

    it('is waited for, and the changes are made when it has ended', () =>
      withRoot(async (root) => {
        put(root, '/var/lib/dpkg/lock', '');
        const holder = await holdFile(join(root, '/var/lib/dpkg/lock'), 'locked');
        const told: string[] = [];
        const onProgress = (event: ProgressEvent): void => {
          if (event.kind !== 'warning') return;
          told.push(event.message);
          void holder.release();
        };
        await expect(
          applyChanges(realMachine(root), {...change(root), patienceMs: 60_000}, onProgress, never),
        ).resolves.toMatchObject({outcome: 'applied'});
        expect(told).toEqual([expect.stringContaining('Waiting up to 60 s for it to end.')]);
      }));

    it('that begins while the new files are staged stops the run before a file changes', () =>
      withRoot(async (root) => {
        put(root, '/var/lib/pacman/.keep', '');
        put(root, '/etc/a', 'old');
        const before = snapshot(root);
        const applying = applyChanges(
          realMachine(root),
          change(root),
          (event) => event.kind === 'step' && event.step === 'recheck' && put(root, '/var/lib/pacman/db.lck', ''),
          never,
        );
        await expect(applying).rejects.toMatchObject({
          isRestored: true,
          message: expect.stringContaining('A package manager (pacman) is at work'),
        });
        rmSync(join(root, '/var/lib/pacman/db.lck'));
        expect(snapshot(root)).toEqual(before);
      }));

    it('that has ended and left its lock file is no hindrance', () =>
      withRoot((root) => {
        put(root, '/var/lib/dpkg/lock-frontend', '');
        expect(findPackageManager(realMachine(root))).toBeNull();
      }));
  },
);
