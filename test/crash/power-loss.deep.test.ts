import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {figure} from '../figures/figure.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {fillHost, hostChanges, never, programs, request, silent} from '../transaction/scenario.ts';
import {snapshot} from '../transaction/scratch-root.ts';
import {differingBlocks, saveImage, writeTo} from './block-log.ts';
import {carelessWriters} from './careless-writers.ts';
import {createStage, type FileSystem, fileSystems, recordDisk, type Recording, whyNot} from './logged-disk.ts';
import {modelOutcomes, outcomeOf} from './model-outcomes.ts';
import {powerCuts} from './power-cuts.ts';
import {deepOrNight} from '../support/sizes.ts';

const seed = chooseSeed();
const random = randomOf(seed);
const states = deepOrNight(30, 2000);

type Tree = Readonly<Record<string, string>>;
type Trees = {readonly old: Tree; readonly applied: Tree};

/** The stand-ins of virsh and update-initramfs do not save what they write; here only our own writer is at work. */
const {virsh: _, ...savingPrograms} = programs;
const machineAt = (root: string): Machine => {
  const machine = realMachine(root, savingPrograms);
  return {...machine, self: {...machine.self, pid: 999_999_999}};
};
const ownChanges = (machine: Machine) =>
  hostChanges(machine).filter((change) => change.kind !== 'run' || change.command.kind === 'generated');

const syncAll = (root: string): void => void execFileSync('sync', ['-f', root]);

const recordTransaction = async (fileSystem: FileSystem): Promise<Recording & Trees> => {
  const trees: {old: Tree; applied: Tree} = {old: {}, applied: {}};
  const recording = await recordDisk(fileSystem, async (root, mark) => {
    fillHost(root);
    trees.old = snapshot(root);
    syncAll(root);
    const machine = machineAt(root);
    mark('begin');
    await applyChanges(machine, request(ownChanges(machine)), silent, never);
    mark('applied');
    trees.applied = snapshot(root);
    await rollback(machine, {}, silent, never);
    mark('restored');
    expect(snapshot(root)).toEqual(trees.old);
  });
  return {...recording, ...trees};
};

/** `count` instants from `begin` on, a tenth of them at each later mark: every other one with a random part of the unsaved writes. */
const chooseCuts = ({log, marks: {begin = 0, ...later}}: Recording, count: number) => {
  const atMarks = Object.values(later).flatMap((position) => Array.from({length: count / 10}, () => position));
  const spread = count - atMarks.length;
  const positions = Array.from(
    {length: spread},
    (_, index) => begin + Math.round((index * (log.length - begin)) / (spread - 1)),
  );
  return [...positions, ...atMarks]
    .sort((one, other) => one - other)
    .map((position, index) => ({position, kind: index % 2 === 0 ? ('prefix' as const) : ('subset' as const)}));
};

const sameTree = (one: Tree, other: Tree): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Paths that are neither old nor new, our own temps aside. */
const tornPaths = (now: Tree, {old, applied}: Trees): readonly string[] =>
  Object.keys({...old, ...applied, ...now}).filter(
    (path) =>
      now[path] !== old[path] &&
      now[path] !== applied[path] &&
      !/\/(\.vfio-pilot-[^/]+(\/new)?|lost\+found)$/u.test(path),
  );

const withoutLostFound = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => path !== '/lost+found'));

type Verdict = {readonly faults: readonly string[]; readonly isLost: boolean; readonly outcome: string};

/** Looks at the state as a start after the power cut finds it, and lets the program recover. */
const judge = async (root: string, position: number, {marks, old, applied}: Recording & Trees): Promise<Verdict> => {
  const faults = tornPaths(withoutLostFound(snapshot(root)), {old, applied}).map(
    (path) => `${path} is neither old nor new`,
  );
  const outcome = outcomeOf(machineAt(root), snapshot(root), {old, applied});
  const recoveries = await recover(machineAt(root), {}, silent);
  const now = withoutLostFound(snapshot(root));
  const isOld = sameTree(now, withoutLostFound(old));
  const isApplied = sameTree(now, withoutLostFound(applied));
  if (!isOld && !isApplied) faults.push(`recovery (${recoveries.map(({did}) => did).join()}) left a mixture`);
  // After `applied` the rollback is under way: either end of it is right.
  const isLost = position === marks['applied'] ? !isApplied : position >= (marks['restored'] ?? 0) && !isOld;
  if ((await recover(machineAt(root), {}, silent)).length > 0) faults.push('recovery was not the last');
  return {faults, isLost, outcome};
};

const available = fileSystems.map((fileSystem) => ({fileSystem, reason: whyNot(fileSystem)}));

describe(`a power cut (VFIO_PILOT_SEED=${seed})`, () => {
  for (const {fileSystem, reason} of available) {
    describe.skipIf(reason !== null)(
      `on ${fileSystem.name}${reason === null ? '' : ` (not tested: ${reason})`}`,
      () => {
        it('leaves every file old or new, all of them after recovery, and nothing of what was said to be done undone', async () => {
          const recording = await recordTransaction(fileSystem);
          const replayed = new Map(recording.base);
          for (const write of recording.log.flat()) if (write.kind !== 'flush') writeTo(replayed, write);
          expect(differingBlocks(replayed, recording.end)).toEqual([]);
          const stage = createStage(fileSystem, recording.size);
          const faults: string[] = [];
          const outcomes = new Set<string>();
          let lost = 0;
          try {
            for (const {position, image} of powerCuts(recording.base, recording.log, chooseCuts(recording, states), {
              random,
              atomicBytes: fileSystem.atomicBytes,
            })) {
              saveImage(image, stage.file, recording.size);
              const mounted = stage.mount();
              try {
                const verdict = await judge(mounted.root, position, recording);
                faults.push(...verdict.faults.map((fault) => `after write ${position}: ${fault}`));
                if (verdict.isLost) lost += 1;
                outcomes.add(verdict.outcome);
              } finally {
                mounted.unmount();
              }
            }
          } finally {
            stage.remove();
          }
          figure(`A3 ${fileSystem.name}`, `0 bad of ${states} states`, `${faults.length} bad of ${states} states`);
          figure(`A5 ${fileSystem.name}`, '0 lost', `${lost} lost`);
          expect(faults).toEqual([]);
          const possible = await modelOutcomes(ownChanges);
          const unknown = [...outcomes].filter((outcome) => !possible.has(outcome));
          figure(`A3 within A6 ${fileSystem.name}`, '0 disagreements', `${unknown.length} disagreements`);
          expect(unknown).toEqual([]);
        });

        for (const writer of carelessWriters.filter(({caughtOn}) => caughtOn.includes(fileSystem.name))) {
          it(`is noticed in what a writer does that works ${writer.name}`, async () => {
            const texts = ['old '.repeat(2000), 'new '.repeat(3000)];
            const recording = await recordDisk(fileSystem, async (root, mark) => {
              mkdirSync(join(root, 'etc'));
              const files = Array.from({length: 4}, (_, index) => join(root, 'etc', `file-${index}`));
              for (const file of files) writeFileSync(file, texts[0] ?? '');
              syncAll(root);
              mark('begin');
              for (const file of files) writer.write(file, texts.at(-1) ?? '', () => syncAll(root));
            });
            const stage = createStage(fileSystem, recording.size);
            let caught = 0;
            try {
              for (const {image} of powerCuts(recording.base, recording.log, chooseCuts(recording, 60), {
                random,
                atomicBytes: fileSystem.atomicBytes,
              })) {
                saveImage(image, stage.file, recording.size);
                const mounted = stage.mount();
                try {
                  const isBad = [0, 1, 2, 3].some(
                    (index) => !texts.includes(textOf(join(mounted.root, 'etc', `file-${index}`))),
                  );
                  if (isBad) caught += 1;
                } finally {
                  mounted.unmount();
                }
                if (caught > 0) break;
              }
            } finally {
              stage.remove();
            }
            figure(`A3c ${fileSystem.name}, ${writer.name}`, '≥ 1 caught', caught);
            expect(caught).toBeGreaterThan(0);
          });
        }
      },
    );
  }
});

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
