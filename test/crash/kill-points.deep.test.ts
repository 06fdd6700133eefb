import {cpSync, rmSync} from 'node:fs';
import {beforeAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {runCli} from '../support/run-cli.ts';
import {treeState} from '../support/tree-state.ts';
import {type CrashTree, createCrashTree, makeOld, profile, stateOf, tornPaths} from './crash-tree.ts';
import {deepOrNight, sample} from '../support/sizes.ts';
import {type CallPoint, canTrace, recordCalls, runInjected} from './system-calls.ts';

const seed = chooseSeed();
const random = randomOf(seed);

let tree: CrashTree;
const apply = (): string[] => ['apply', profile, '--root', tree.root, '--yes'];
const rollback = (): string[] => ['rollback', '--root', tree.root, '--yes'];
/** Finishes what was interrupted and asks before it does anything else. */
const start = (...flags: string[]): string[] => ['rollback', '--root', tree.root, ...flags];

type PutBack = () => Promise<void> | void;

/**
 * Kills it there, or a few calls away. A run that was not killed, as it had fewer writes, says where the place would have
 * been in it. `putBack` makes the tree as it was before such a run.
 */
const killAt = async (point: CallPoint, args: readonly string[], putBack: PutBack): Promise<boolean> => {
  let {number} = point;
  for (const earlier of [0, 0, 2, 4, 8, 16]) {
    const at = {...point, number: Math.max(1, number - earlier)};
    const {points, result} = await runInjected(at, 'signal=KILL', tree.root, args);
    if (result.signal === 'SIGKILL') return true;
    number = points[point.index]?.number ?? number;
    await putBack();
  }
  return false;
};

/** Kills there, then starts the program twice; returns what is wrong, as sentences. */
const faultsOf = async (
  point: CallPoint,
  args: readonly string[],
  putBack: PutBack,
  flags: readonly string[] = [],
): Promise<readonly string[]> => {
  const faults: string[] = [];
  if (!(await killAt(point, args, putBack))) faults.push('it was not killed');
  faults.push(...tornPaths(tree).map((path) => `${path} is torn`));
  const next = await runCli(start(...flags));
  if (next.exitCode !== 0 && next.exitCode !== 2)
    faults.push(`the next start ended with ${next.exitCode}: ${next.stderr}`);
  if (stateOf(tree) === 'between') faults.push(`recovery left neither the old nor the new: ${next.stderr}`);
  const after = treeState(tree.root, {times: true, history: true});
  await runCli(start(...flags));
  if (JSON.stringify(treeState(tree.root, {times: true, history: true})) !== JSON.stringify(after))
    faults.push('the start after that changed something again');
  return faults.map((fault) => `${point.line}: ${fault}`);
};

beforeAll(async () => {
  if (canTrace) tree = await createCrashTree();
});

describe.skipIf(!canTrace)(`a run that is killed at a system call (needs strace; VFIO_PILOT_SEED=${seed})`, () => {
  it('of apply leaves each file old or new, and the next start makes all of them old, or new with --resume', async () => {
    const {points} = await recordCalls(tree.root, apply());
    await makeOld(tree);
    expect(points.length).toBeGreaterThan(100);
    const chosen = sample(points, deepOrNight(10, Number.POSITIVE_INFINITY), random);
    const faults: string[] = [];
    for (const [index, point] of chosen.entries()) {
      faults.push(...(await faultsOf(point, apply(), () => makeOld(tree), index % 3 === 2 ? ['--resume'] : [])));
      await makeOld(tree);
    }
    figure(
      'A1',
      `${chosen.length}/${chosen.length} kills of ${points.length} places`,
      `${chosen.length - faults.length}/${chosen.length} kills of ${points.length} places`,
    );
    expect(faults).toEqual([]);
  });

  it('of rollback is finished by the next start', async () => {
    await runCli(apply());
    const applied = saveState();
    const {points} = await recordCalls(tree.root, rollback());
    const chosen = sample(points, deepOrNight(5, Number.POSITIVE_INFINITY), random);
    const faults: string[] = [];
    for (const point of chosen) {
      applied.putBack();
      faults.push(...(await faultsOf(point, rollback(), applied.putBack)));
    }
    await makeOld(tree);
    applied.forget();
    figure('A2 rollback', `${chosen.length}/${chosen.length}`, `${chosen.length - faults.length}/${chosen.length}`);
    expect(faults).toEqual([]);
  });

  it('of the recovery from a kill is finished by the next start', async () => {
    const {points} = await recordCalls(tree.root, apply());
    await makeOld(tree);
    const faults: string[] = [];
    let count = 0;
    for (const first of sample(points.slice(Math.floor(points.length / 2), -8), deepOrNight(2, 10), random)) {
      expect(await killAt(first, apply(), () => makeOld(tree))).toBe(true);
      const interrupted = saveState();
      const seconds = sample(
        (await recordCalls(tree.root, start())).points,
        deepOrNight(6, Number.POSITIVE_INFINITY),
        random,
      );
      for (const second of seconds) {
        interrupted.putBack();
        faults.push(
          ...(await faultsOf(second, start(), interrupted.putBack)).map((fault) => `after ${first.line}: ${fault}`),
        );
        count += 1;
      }
      interrupted.forget();
      await makeOld(tree);
    }
    figure('A2 recovery', `${count}/${count}`, `${count - faults.length}/${count}`);
    expect(faults).toEqual([]);
  });
});

/** The tree as it is now, to be put back as often as wanted. */
const saveState = (): {readonly putBack: () => void; readonly forget: () => void} => {
  const copy = `${tree.root}-saved`;
  const exact = {recursive: true, verbatimSymlinks: true, preserveTimestamps: true} as const;
  cpSync(tree.root, copy, exact);
  return {
    putBack: () => {
      rmSync(tree.root, {recursive: true});
      cpSync(copy, tree.root, exact);
    },
    forget: () => rmSync(copy, {recursive: true}),
  };
};
