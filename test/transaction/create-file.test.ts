import {execFileSync, spawnSync} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {RunChange} from '../../src/changes/change.ts';
import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {dryRunMachine} from '../../src/system/dry-run-machine.ts';
import type {Machine, Program} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {readHistory} from '../../src/transaction/history.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {renderNewDisk} from '../../src/hypervisor/kvm/new-disk.ts';
import {fileSystems, whyNot} from '../crash/logged-disk.ts';
import {samplePlan} from '../support/sample-plan.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {strideOf} from '../support/sizes.ts';
import {command, fileChange, ids, never, request, silent} from './scenario.ts';
import {put, snapshot, text, withRoot} from './scratch-root.ts';

const path = '/srv/images/guest.qcow2';

const create = (argv: RunChange['command']['argv'] = ['make-image', '{output}']): RunChange => ({
  kind: 'run',
  path: argv.join(' ').replace('{output}', path),
  command: {
    kind: 'created',
    path,
    argv,
    directoryMode: 0o711,
    bytes: 4096,
    triggers: [],
    timeoutSeconds: 60,
    why: [],
  },
  diff: '',
  why: [],
});

/** Writes over whatever is there, as qemu-img does. */
const makeImage: Program = (argv, {root}) => {
  writeFileSync(join(root, argv.at(-1) ?? ''), 'empty image');
  return {exitCode: 0};
};
/** The real one; it is asked for paths below the root. */
const qemuImg: Program = (argv, {root}) => {
  const words = argv.slice(1).map((word) => (word.startsWith('/') ? join(root, word) : word));
  return {exitCode: spawnSync('qemu-img', words).status ?? 1};
};
const programs = {'make-image': makeImage, false: () => ({exitCode: 1})};

const changes = (machine: Machine) => [fileChange(machine, '/etc/setting', 'new'), create()];

const ready = (root: string): Machine => {
  put(root, '/etc/setting', 'old');
  put(root, '/srv/images/others.qcow2', 'of somebody');
  return realMachine(root, programs);
};

/** Applies, does something to the image, rolls back; what the user is told, and of which paths. */
const undoAfter = async (root: string, use: (real: string) => void): Promise<readonly string[]> => {
  const machine = ready(root);
  await applyChanges(machine, request(changes(machine)), silent, never);
  use(join(root, path));
  const said: string[] = [];
  await rollback(machine, {}, (event) => event.kind === 'warning' && said.push(event.message), never);
  expect(readHistory(machine)).toMatchObject([{state: 'rolled-back'}]);
  expect(text(root, '/etc/setting')).toBe('old');
  return said;
};

describe('a file that is made for a guest', () => {
  it('is there after apply, for its owner only, with nothing next to it', () =>
    withRoot(async (root) => {
      const machine = ready(root);
      const before = snapshot(root);
      await applyChanges(machine, request(changes(machine)), silent, never);
      expect(text(root, path)).toBe('empty image');
      expect(statSync(join(root, path))).toMatchObject({nlink: 1, mode: 0o100600});
      const added = Object.keys(snapshot(root)).filter((one) => !(one in before));
      expect(added).toEqual([path]);
    }));

  it.each([
    ['that every user can write to', '/srv/images', 0o777],
    ['below one that every user can write to', '/srv', 0o777],
  ])('is refused in a folder %s, where a link could be put in its way', (_what, folder, mode) =>
    withRoot(async (root) => {
      const machine = ready(root);
      chmodSync(join(root, folder), mode);
      const before = snapshot(root);
      await expect(applyChanges(machine, request(changes(machine)), silent, never)).rejects.toThrow(
        `${folder} can be changed by every user`,
      );
      expect(snapshot(root)).toEqual(before);
      // As in /tmp, nobody can replace what root has put there.
      chmodSync(join(root, folder), 0o1777);
      await applyChanges(machine, request(changes(machine)), silent, never);
      expect(text(root, path)).toBe('empty image');
    }),
  );

  it('is refused where a link leads to such a folder, or nowhere', () =>
    withRoot(async (root) => {
      const machine = ready(root);
      mkdirSync(join(root, '/home/images'), {recursive: true});
      chmodSync(join(root, '/home/images'), 0o777);
      renameSync(join(root, '/srv/images'), join(root, '/srv/old'));
      symlinkSync('../home/images', join(root, '/srv/images'));
      const apply = () => applyChanges(machine, request(changes(machine)), silent, never);
      await expect(apply()).rejects.toThrow('/home/images can be changed by every user');
      chmodSync(join(root, '/home/images'), 0o755);
      await apply();
      expect(text(root, '/home/images/guest.qcow2')).toBe('empty image');
    }));

  it.skipIf(process.geteuid?.() !== 0)('is refused in a folder of another user (needs root)', () =>
    withRoot(async (root) => {
      const machine = ready(root);
      chownSync(join(root, '/srv/images'), 1000, 1000);
      await expect(applyChanges(machine, request(changes(machine)), silent, never)).rejects.toThrow(
        '/srv/images can be changed by user 1000',
      );
      chownSync(join(root, '/srv/images'), 0, 1000);
      chmodSync(join(root, '/srv/images'), 0o775);
      await expect(applyChanges(machine, request(changes(machine)), silent, never)).rejects.toThrow('group 1000');
    }),
  );

  it('goes on rollback when nobody has used it', () =>
    withRoot(async (root) => {
      const said = await undoAfter(root, () => undefined);
      expect(said).toEqual([]);
      expect(existsSync(join(root, path))).toBe(false);
    }));

  it('stays on rollback when something wrote to it, and the user is told', () =>
    withRoot(async (root) => {
      const said = await undoAfter(root, (real) => writeFileSync(real, 'a whole system'));
      expect(said).toEqual([expect.stringContaining(`${path} stays: it was written to since it was made.`)]);
      expect(text(root, path)).toBe('a whole system');
    }));

  it('stays on rollback when its owner or mode was changed, as libvirt does when it starts the guest', () =>
    withRoot(async (root) => {
      const said = await undoAfter(root, (real) => {
        chmodSync(real, 0o660);
        chmodSync(real, 0o600);
      });
      expect(said).toEqual([expect.stringContaining(`${path} stays: its owner, mode, label or name was changed`)]);
      expect(existsSync(join(root, path))).toBe(true);
    }));

  it('is left alone when another file has taken its place', () =>
    withRoot(async (root) => {
      await undoAfter(root, (real) => {
        spawnSync('mv', [real, `${real}.old`]);
        writeFileSync(real, 'another one');
      });
      expect(text(root, path)).toBe('another one');
      expect(text(root, `${path}.old`)).toBe('empty image');
    }));

  it('is refused before anything is written when something is there', () =>
    withRoot(async (root) => {
      const machine = ready(root);
      put(root, path, 'precious');
      const before = snapshot(root);
      await expect(applyChanges(machine, request(changes(machine)), silent, never)).rejects.toThrow(
        `${path} is there already.`,
      );
      expect(snapshot(root)).toEqual(before);
    }));

  it('failure mode 66: never takes the place of a file that appears while it is made, and the run is undone', () =>
    withRoot(async (root) => {
      const machine = realMachine(root, {
        'make-image': (argv, other, asked) => {
          put(root, path, 'precious');
          return makeImage(argv, other, asked);
        },
      });
      ready(root);
      await expect(applyChanges(machine, request(changes(machine)), silent, never)).rejects.toThrow(
        `${path} is there by now.`,
      );
      expect(text(root, path)).toBe('precious');
      expect(text(root, '/etc/setting')).toBe('old');
    }));

  it('goes again when a later step of its run fails', () =>
    withRoot(async (root) => {
      const machine = ready(root);
      const before = snapshot(root);
      const failing = [...changes(machine), command(['false'], ['/etc/setting'])];
      await expect(applyChanges(machine, request(failing), silent, never)).rejects.toThrow('false');
      expect(snapshot(root)).toEqual(before);
    }));

  it('makes the folders that are missing, which go with it', () =>
    withRoot(async (root) => {
      const machine = realMachine(root, programs);
      put(root, '/etc/setting', 'old');
      const before = snapshot(root);
      await applyChanges(machine, request(changes(machine)), silent, never);
      expect(statSync(join(root, '/srv/images')).mode & 0o777).toBe(0o711);
      await rollback(machine, {}, silent, never);
      expect(snapshot(root)).toEqual(before);
    }));

  it('is not made below another root and in a dry run, where no program runs', () =>
    withRoot(async (root) => {
      ready(root);
      const before = snapshot(root);
      const dry = dryRunMachine(realMachine(root, programs));
      await applyChanges(dry, request(changes(dry)), silent, never);
      expect(snapshot(root)).toEqual(before);
      const machine = realMachine(root);
      await applyChanges(machine, request(changes(machine)), silent, never);
      expect(existsSync(join(root, path))).toBe(false);
      expect(readHistory(machine)[0]?.commands).toMatchObject([{state: 'not-run', reason: 'not run: another root'}]);
    }));
});

/** As of a process that is gone: its lock is stale. */
const doomed = (machine: Machine): Machine => ({...machine, self: {...machine.self, pid: 999_999_999, startTime: '1'}});

/** Dies at the n-th change of the machine; `false` once there is no such change any more. */
const dieAt = async (failAt: number, act: (machine: Machine) => Promise<unknown>, sound: Machine): Promise<boolean> => {
  const machine = failingMachine(doomed(sound), {failAt, crash: true});
  try {
    await act(machine);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
  return machine.mutations() >= failAt;
};

const seed = chooseSeed();
const random = randomOf(seed);
/** Every change, or every few from another one on each time. */
const stride = strideOf(16, 4);
const first = (): number => 1 + Math.floor(random() * stride);

describe(`a kill at any change of the machine (VFIO_PILOT_SEED=${seed})`, () => {
  it.each(['back', 'forward'] as const)(
    'while it is made leaves after recovery (%s) the whole file or none, and nothing else',
    async (direction) => {
      const outcomes = new Set<string>();
      for (let failAt = first(); ; failAt += stride) {
        const isDead = await withRoot(async (root) => {
          const sound = ready(root);
          const before = snapshot(root);
          const died = await dieAt(
            failAt,
            (machine) => applyChanges(machine, request(changes(sound)), silent, never),
            sound,
          );
          await recover(sound, {direction}, silent);
          const {[path]: image, '/etc/setting': setting, ...rest} = snapshot(root);
          const {'/etc/setting': old, ...others} = before;
          expect(rest, `kill ${failAt}`).toEqual(others);
          const isWhole = image !== undefined;
          if (isWhole) expect(text(root, path)).toBe('empty image');
          expect(setting === old, `kill ${failAt}`).toBe(!isWhole);
          expect(await recover(sound, {}, silent)).toEqual([]);
          outcomes.add(isWhole ? 'whole' : 'none');
          return died;
        });
        if (!isDead) break;
      }
      expect(outcomes).toEqual(new Set(['none', 'whole']));
    },
  );

  it('while it is made leaves a file that appeared in its place untouched', async () => {
    for (let failAt = first(); ; failAt += stride) {
      const isDead = await withRoot(async (root) => {
        ready(root);
        const appearing: Program = (argv, other, asked) => {
          put(root, path, 'precious');
          return makeImage(argv, other, asked);
        };
        const sound = realMachine(root, {...programs, 'make-image': appearing});
        const all = changes(sound);
        let hasAppeared = false;
        const died = await dieAt(
          failAt,
          async (machine) => {
            try {
              await applyChanges(machine, request(all), silent, never);
            } finally {
              hasAppeared = existsSync(join(root, path));
            }
          },
          sound,
        );
        await recover(sound, {}, silent);
        if (hasAppeared) expect(text(root, path), `kill ${failAt}`).toBe('precious');
        expect(text(root, '/etc/setting')).toBe('old');
        return died;
      });
      if (!isDead) break;
    }
  });

  it('while it is taken back leaves after recovery no file, and keeps one that was used', async () => {
    for (const isUsed of [false, true])
      for (let failAt = first(); ; failAt += stride) {
        const isDead = await withRoot(async (root) => {
          const sound = ready(root);
          await applyChanges(sound, request(changes(sound)), silent, never);
          if (isUsed) writeFileSync(join(root, path), 'a whole system');
          const died = await dieAt(failAt, (machine) => rollback(machine, {}, silent, never), sound);
          await recover(sound, {}, silent);
          await rollback(sound, {}, silent, never);
          expect(text(root, '/etc/setting'), `kill ${failAt}`).toBe('old');
          expect(existsSync(join(root, path)), `kill ${failAt}`).toBe(isUsed);
          return died;
        });
        if (!isDead) break;
      }
  });
});

const hasQemuImg = spawnSync('qemu-img', ['--version']).status === 0;

describe.skipIf(!hasQemuImg)('a disk image (needs the program qemu-img)', () => {
  const argv = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'preallocation=metadata', '{output}', '64G'] as const;

  it('of 64 GiB is made and taken back without being read, for its owner only', () =>
    withRoot(async (root) => {
      put(root, '/etc/setting', 'old');
      const machine: Machine = {...realMachine(root, {'qemu-img': qemuImg})};
      const watched: Machine = {
        ...machine,
        readParts: (file, each) => {
          expect(file.startsWith('/srv')).toBe(false);
          machine.readParts(file, each);
        },
      };
      await applyChanges(watched, request([fileChange(watched, '/etc/setting', 'new'), create(argv)]), silent, never);
      const info = spawnSync('qemu-img', ['info', '--output=json', join(root, path)], {encoding: 'utf8'});
      expect(JSON.parse(info.stdout)).toMatchObject({format: 'qcow2', 'virtual-size': 64 * 1024 ** 3});
      const {mode, size, blocks} = statSync(join(root, path));
      expect(mode & 0o777).toBe(0o600);
      expect(size).toBeGreaterThan(64 * 1024 ** 3);
      expect(blocks * 512).toBeLessThan(64 * 1024 ** 2);
      await rollback(watched, {id: ids[0]}, silent, never);
      expect(existsSync(join(root, path))).toBe(false);
    }));

  it('is what qemu-img writes over without a word, which is why it is not asked to write there', () =>
    withRoot((root) => {
      put(root, '/guest.qcow2', 'precious');
      expect(spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(root, 'guest.qcow2'), '1M']).status).toBe(0);
      expect(text(root, '/guest.qcow2')).not.toBe('precious');
    }));
});

const btrfs = fileSystems.find(({name}) => name === 'btrfs');
const whyNoBtrfs = btrfs === undefined ? 'btrfs is not in the list' : whyNot(btrfs);

describe.skipIf(whyNoBtrfs !== null)('the disk of a guest on a real btrfs (needs root, loop devices and FUSE)', () => {
  const attributesOf = (file: string): string =>
    spawnSync('lsattr', ['-l', file], {encoding: 'utf8'}).stdout.replace(file, '').trim();

  it.each(['qcow2', 'raw'] as const)('is a %s that is not copied on write, and goes with the rollback', (format) =>
    withRoot(async (root) => {
      const folder = join(root, 'srv/images');
      mkdirSync(folder, {recursive: true});
      const image = join(root, 'btrfs.img');
      writeFileSync(image, '');
      truncateSync(image, 128 * 1024 * 1024);
      execFileSync('mkfs.btrfs', ['-q', '-K', image], {stdio: 'ignore'});
      execFileSync('mount', ['-o', 'loop,nodiscard', image, folder]);
      try {
        const plan = {
          ...samplePlan(),
          guest: {...samplePlan().guest, disk: path, diskFormat: format, newDisk: {sizeMiB: 1024, isNoCow: true}},
        } as Plan;
        const [artifact] = renderNewDisk(plan).artifacts;
        if (artifact?.kind !== 'created') throw new Error('no disk is made');
        const machine = realMachine(root, {'qemu-img': qemuImg});
        const change = {...create(), command: artifact};
        await applyChanges(machine, request([change]), silent, never);
        expect(attributesOf(join(root, path))).toContain('No_COW');
        expect(statSync(join(root, path))).toMatchObject({nlink: 1, mode: 0o100600, uid: 0, gid: 0});
        await rollback(machine, {}, silent, never);
        expect(existsSync(join(root, path))).toBe(false);
      } finally {
        execFileSync('umount', [folder]);
      }
    }),
  );
});
