import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {describe, expect, it} from 'vitest';
import {failingMachine} from '../support/failing-machine.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {figure} from '../figures/figure.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {badWriter} from '../transaction/bad-writer.ts';
import {hostChanges, never, request, silent} from '../transaction/scenario.ts';
import {createModelDisk, type ModelDisk} from './model-disk.ts';
import {hostContent} from './model-host.ts';
import {bySize} from '../support/sizes.ts';

const seed = chooseSeed();
const states = Number(process.env['VFIO_PILOT_STATES'] ?? bySize(4_000, 50_000, 2_000_000));
/** Recovery is tried on so many of those that differ; all of them are looked at. */
const recoveries = bySize(300, 4_000, 200_000);

type Tree = Readonly<Record<string, string>>;

/** Without the history of the program and its parents, which stay. */
const hostTree = (disk: ModelDisk): Tree =>
  Object.fromEntries(
    Object.entries(disk.tree()).filter(([path]) => !/^\/(run|var(\/lib(\/vfio-pilot.*)?)?)$/u.test(path)),
  );
const isSame = (one: Tree, other: Tree): boolean => JSON.stringify(one) === JSON.stringify(other);

type Wrap = (machine: Machine) => Machine;
type Outcome = {readonly states: number; readonly violations: readonly string[]};

/** Cuts the power `count` times, evenly over every instant of an apply and a rollback. */
const cutPower = async (count: number, recoverAtMost: number, wrap: Wrap = (machine) => machine): Promise<Outcome> => {
  const random = randomOf(seed);
  const content = await hostContent();
  const mutations = async (
    watch: (disk: ModelDisk, phase: string) => void,
  ): Promise<{readonly old: Tree; readonly applied: Tree}> => {
    const disk = createModelDisk(content);
    let phase = 'apply';
    const machine = interceptMachine(wrap(disk.machine), {
      onRead: silent,
      onMutation: () => (watch(disk, phase), null),
    });
    const old = hostTree(disk);
    await applyChanges(machine, request(hostChanges(disk.machine)), silent, never);
    const applied = hostTree(disk);
    watch(disk, 'applied');
    phase = 'rollback';
    await rollback(machine, {}, silent, never);
    watch(disk, 'restored');
    return {old, applied};
  };
  let instants = 0;
  const {old, applied} = await mutations(() => (instants += 1));
  const seen = new Map<string, {readonly disk: ModelDisk; readonly phase: string}>();
  const violations = new Set<string>();
  let total = 0;
  await mutations((disk, phase) => {
    for (let index = 0; index < Math.ceil(count / instants); index += 1) {
      const left = disk.cut(random);
      const tree = hostTree(left);
      for (const path of Object.keys({...old, ...applied, ...tree})) {
        if (tree[path] !== old[path] && tree[path] !== applied[path] && !path.includes('/.vfio-pilot-'))
          violations.add(`${path} is torn in ${phase}`);
      }
      if (seen.size < recoverAtMost || phase.endsWith('ed'))
        seen.set(`${phase} ${JSON.stringify(left.tree())}`, {disk: left, phase});
      total += 1;
    }
  });
  for (const {disk, phase} of seen.values()) {
    const did = await recover(disk.machine, {}, silent).catch((error: unknown) => `failed: ${String(error)}`);
    const tree = hostTree(disk);
    const isRight =
      phase === 'applied'
        ? isSame(tree, applied)
        : phase === 'restored'
          ? isSame(tree, old)
          : isSame(tree, old) || (did.length === 0 && isSame(tree, applied));
    if (!isRight)
      violations.add(
        `recovery in ${phase}: ${typeof did === 'string' ? did : JSON.stringify(did.map((one) => one.did))}`,
      );
  }
  return {states: total, violations: [...violations]};
};

/** Kills a rollback at each of its calls, recovers, and cuts the power: all that nobody has saved is gone then. */
const cutAfterRecovery = async (): Promise<readonly string[]> => {
  const content = await hostContent();
  const faults: string[] = [];
  for (let failAt = 1, isKilled = true; isKilled; failAt += 1) {
    const disk = createModelDisk(content);
    const old = hostTree(disk);
    await applyChanges(disk.machine, request(hostChanges(disk.machine)), silent, never);
    isKilled = await rollback(failingMachine(disk.machine, {failAt, crash: true}), {}, silent, never).then(
      () => false,
      () => true,
    );
    const recoveries = await recover(disk.machine, {}, silent);
    const left = disk.cut(() => 0.999);
    await recover(left.machine, {}, silent);
    if (recoveries.length > 0 && !isSame(hostTree(left), old)) faults.push(`killed at call ${failAt}`);
  }
  return faults;
};

const careless: Readonly<Record<string, Wrap>> = {
  'saves no file': (machine) => ({...machine, create: (path) => ({...machine.create(path), sync: silent})}),
  'saves no directory': (machine) => ({...machine, syncDirectory: silent}),
  'writes in place': (machine) => badWriter(machine, 'in-place'),
  'removes the old one first': (machine) => badWriter(machine, 'remove-first'),
};

describe(`a power cut in a model of what POSIX promises (VFIO_PILOT_SEED=${seed})`, () => {
  it('leaves every file old or new, and recovery all of them', async () => {
    const {states: total, violations} = await cutPower(states, recoveries);
    figure(
      'A6',
      `0 violations of ≥ ${states} states`,
      `${violations.length} violations of ≥ ${Math.min(states, total)} states`,
    );
    expect(violations).toEqual([]);
  });

  it('takes nothing back of what recovery said, also where the killed run had not saved what recovery found', async () => {
    expect(await cutAfterRecovery()).toEqual([]);
  });

  it.each(Object.keys(careless))('is noticed in a writer that %s', async (kind) => {
    const {violations} = await cutPower(bySize(2000, 6000, 6000), bySize(500, 1500, 1500), careless[kind]);
    figure(`A6 control, ${kind}`, '≥ 1 caught', violations.length);
    expect(violations).not.toEqual([]);
  });
});
