import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {describe, expect, it} from 'vitest';
import {failingMachine} from '../support/failing-machine.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {journalDirectory} from '../../src/system/state-directory.ts';
import {type Recovery} from '../../src/transaction/recover.ts';
import {badWriter} from './bad-writer.ts';
import {fillHost, hostChanges, ids, never, programs, request, silent} from './scenario.ts';
import {put, snapshot, withRoot} from './scratch-root.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {bySize, strideOf} from '../support/sizes.ts';

type Tree = Readonly<Record<string, string>>;
type Outcome = {
  readonly before: Tree;
  readonly recovered: Tree;
  readonly recoveries: readonly Recovery[];
  readonly isCrashed: boolean;
};

/** As of a process that is gone: its lock is stale. */
const doomed = (machine: Machine): Machine => ({...machine, self: {...machine.self, pid: 999_999_999, startTime: '1'}});

const applied = (): Promise<Tree> =>
  withRoot(async (root) => {
    fillHost(root);
    const machine = realMachine(root, programs);
    await applyChanges(machine, request(hostChanges(machine)), silent, never);
    return snapshot(root);
  });

const tried = async (act: () => Promise<unknown>): Promise<boolean> => {
  try {
    await act();
    return false;
  } catch {
    return true;
  }
};

type Direction = 'back' | 'forward';
type Wrap = (machine: Machine) => Machine;

const crashAt = (failAt: number, direction: Direction, writer: Wrap = (machine) => machine): Promise<Outcome> =>
  withRoot(async (root) => {
    fillHost(root);
    const before = snapshot(root);
    const sound = realMachine(root, programs);
    const machine = writer(failingMachine(doomed(sound), {failAt, crash: true}));
    const isCrashed = await tried(() => applyChanges(machine, request(hostChanges(sound)), silent, never));
    const recoveries = await recover(sound, {direction}, silent);
    const recovered = snapshot(root);
    const calls: string[] = [];
    const watched = interceptMachine(sound, {
      onRead: silent,
      onMutation: ({name, path}) => (calls.push(`${name} ${path}`), null),
    });
    expect(await recover(watched, {direction}, silent)).toEqual([]);
    expect(calls.filter((call) => call !== `syncDirectory ${journalDirectory(ids[0])}`)).toEqual([]);
    return {before, recovered, recoveries, isCrashed};
  });

/** When nothing had to be recovered, it had not begun or was through. */
const expectOld = ({before, recovered, recoveries}: Outcome, after: Tree, failAt: number): void => {
  if (recoveries.length === 0 && JSON.stringify(recovered) === JSON.stringify(after)) return;
  expect(recovered, `call ${failAt}`).toEqual(before);
};

const seed = chooseSeed();
const random = randomOf(seed);
const stride = strideOf(40, 6);

/** Calls, every one or every few, until one run is not hit any more; returns about how many there are. */
const atEveryCall = async (check: (failAt: number) => Promise<boolean>): Promise<number> => {
  for (let failAt = 1 + Math.floor(random() * stride); ; failAt += stride)
    if (!(await check(failAt))) return failAt - 1;
};

/** The power goes while libvirt writes a domain; the stand-in of virsh knows no half. */
const powerGoesInVirsh = (inner: Machine, half: () => void): Machine => {
  let isGone = false;
  const gone = (): never => {
    isGone = true;
    throw Object.assign(new Error('the power is gone'), {code: 'CRASH'});
  };
  const look = (): null => (isGone ? gone() : null);
  return interceptMachine(inner, {
    onRead: look,
    onMutation: ({name, path}) => (name === 'run' && / define /.test(path) ? (half(), gone()) : look()),
  });
};

describe(`a crash (VFIO_PILOT_SEED=${seed})`, () => {
  it.each(['/etc/libvirt/qemu/win.xml', '/etc/libvirt/qemu/new.xml'])(
    'while libvirt writes %s leaves nothing of libvirt either',
    (path) =>
      withRoot(async (root) => {
        fillHost(root);
        const before = snapshot(root);
        const sound = realMachine(root, programs);
        const changes = hostChanges(sound).filter((change) => change.path === path);
        const machine = powerGoesInVirsh(doomed(sound), () => put(root, `${path}.new`, '<domain>'));
        expect(await tried(() => applyChanges(machine, request(changes), silent, never))).toBe(true);
        expect(snapshot(root)).toHaveProperty([`${path}.new`]);
        expect(await recover(sound, {}, silent)).toHaveLength(1);
        expect(snapshot(root)).toEqual(before);
      }),
  );

  it('at any mutating call of an apply leaves the old tree after recovery, and recovering again does nothing', async () => {
    const after = await applied();
    const points = await atEveryCall(async (failAt) => {
      const outcome = await crashAt(failAt, 'back');
      expectOld(outcome, after, failAt);
      return outcome.isCrashed;
    });
    expect(points).toBeGreaterThan(150);
  });

  it('at any mutating call of an apply ends all old or all new when recovery goes forward', async () => {
    const after = await applied();
    const ends = new Set<string>();
    await atEveryCall(async (failAt) => {
      const outcome = await crashAt(failAt, 'forward');
      const isOld = JSON.stringify(outcome.recovered) === JSON.stringify(outcome.before);
      expect(isOld ? after : outcome.recovered, `call ${failAt}`).toEqual(after);
      ends.add(isOld ? 'old' : 'new');
      return outcome.isCrashed;
    });
    expect([...ends].sort()).toEqual(['new', 'old']);
  });

  it('at any mutating call of a rollback is finished by recovery', async () => {
    await atEveryCall((failAt) =>
      withRoot(async (root) => {
        fillHost(root);
        const before = snapshot(root);
        const sound = realMachine(root, programs);
        await applyChanges(sound, request(hostChanges(sound)), silent, never);
        const machine = failingMachine(doomed(sound), {failAt, crash: true});
        const isCrashed = await tried(() => rollback(machine, {}, silent, never));
        await recover(sound, {}, silent);
        if (isCrashed) await rollback(sound, {}, silent, never);
        expect(snapshot(root), `call ${failAt}`).toEqual(before);
        return isCrashed;
      }),
    );
  });

  it('within the recovery of a crash is recovered as well', async () => {
    for (const first of [60, 120, 150]) {
      await atEveryCall((second) =>
        withRoot(async (root) => {
          fillHost(root);
          const before = snapshot(root);
          const sound = realMachine(root, programs);
          await tried(() =>
            applyChanges(
              failingMachine(doomed(sound), {failAt: first, crash: true}),
              request(hostChanges(sound)),
              silent,
              never,
            ),
          );
          const isCrashed = await tried(() =>
            recover(failingMachine(doomed(sound), {failAt: second, crash: true}), {}, silent),
          );
          await recover(sound, {}, silent);
          expect(snapshot(root), `calls ${first} and ${second}`).toEqual(before);
          return isCrashed;
        }),
      );
    }
  });

  const careless: readonly Parameters<typeof badWriter>[1][] = ['forgets-temps', 'in-place', 'remove-first'];
  it.each(bySize(careless.slice(0, 1), careless, careless))(
    'shows that a writer of the kind "%s" is broken',
    async (kind) => {
      const after = await applied();
      let isCaught = false;
      // Each call once, far from the last one tried: 97 and 260 have no common divisor.
      for (let turn = 1; turn <= 260 && !isCaught; turn += 1) {
        const failAt = 1 + ((turn * 97) % 260);
        isCaught = await tried(async () =>
          expectOld(await crashAt(failAt, 'back', (machine) => badWriter(machine, kind)), after, failAt),
        );
      }
      expect(isCaught).toBe(true);
    },
  );
});
