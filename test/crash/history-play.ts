import {grubFactsOf} from '../../src/boot/grub/grub-facts.ts';
import {TransactionError} from '../../src/errors.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {findInterrupted} from '../../src/transaction/recover.ts';
import {randomOf} from '../support/random.ts';
import type {Verb} from './history-commands.ts';
import {createHost, factsOf, type ModelHost} from './history-host.ts';
import {
  bootFaults,
  differingPaths,
  expectedTransition,
  isCopied,
  isGenerated,
  isRollback,
  isSameStack,
  isTemp,
  pushFaults,
  readLayers,
  type Settled,
  staleFiles,
  type Transition,
  transitionOf,
  type Tree,
  treeOf,
} from './history-model.ts';
import {addKernel, type Breakage, rebootHost, type Run, runHit, runOn} from './history-run.ts';
import type {History, Hit, Step} from './history-steps.ts';
import type {ModelDisk} from './model-disk.ts';

export type Edit = {readonly path: string; readonly mark: string};

/** What is known of the host between two steps. `settled`: how it is, or will be after recovery. */
type World = {
  readonly host: ModelHost;
  readonly settled: Settled;
  readonly forward: Settled | null;
  readonly edits: readonly Edit[];
  readonly said: string;
  readonly hasNewKernel: boolean;
  readonly hasHalfKernel: boolean;
  /** What a power cut may bring back, in part, since a killed run has not saved all that it did. */ readonly unsaved: readonly Settled[];
  readonly raw: readonly Tree[];
};

export type Played = {readonly violation: string | null; readonly transitions: readonly string[]};

class Violation extends Error {}
const refute = (faults: readonly string[]): void => {
  if (faults.length > 0) throw new Violation(faults.slice(0, 5).join('; '));
};

/** Plays it on a new host and, at the end, takes everything back. Says what was wrong first. */
export const playHistory = async (history: History, profile: string, breakage: Breakage = {}): Promise<Played> => {
  const transitions: string[] = [];
  const host = createHost();
  const first = treeOf(host.disk);
  let world: World = {
    host,
    settled: {tree: first, layers: [], isMenuEntryRunning: true},
    forward: null,
    edits: [],
    said: '',
    hasNewKernel: false,
    hasHalfKernel: false,
    unsaved: [],
    raw: [],
  };
  const play = playerOf(profile, breakage, transitions);
  let at = 'start';
  try {
    for (const [index, step] of history.entries()) {
      at = `step ${index + 1}, ${JSON.stringify(step)}`;
      world = await play(world, step);
    }
    at = 'taking everything back';
    for (let rounds = 0; rounds < 20 && world.settled.layers.length > 0 && world.edits.length === 0; rounds += 1)
      world = await play(world, {do: 'run', verb: 'rollback', hit: null});
    if (world.edits.length === 0) {
      world = await play(world, {do: 'run', verb: 'recover', hit: null});
      refute(differingPaths(first, treeOf(world.host.disk), aside(world)).map((path) => `${path} is not as at first`));
    }
    return {violation: null, transitions};
  } catch (error) {
    // A journal that can't be read is one, too.
    if (!(error instanceof Violation || error instanceof TransactionError)) throw error;
    return {violation: `${at}: ${error.message}`, transitions};
  }
};

const aside =
  ({edits, hasNewKernel}: Pick<World, 'edits' | 'hasNewKernel'>) =>
  (path: string): boolean =>
    ((edits.length > 0 || hasNewKernel) && isGenerated(path)) ||
    (edits.length > 0 && isCopied(path)) ||
    edits.some((edit) => edit.path === path || edit.path.startsWith(`${path}/`));

const playerOf = (profile: string, breakage: Breakage, transitions: string[]) => {
  const settle = async (world: World): Promise<Settled> => {
    const copy: ModelHost = {...world.host, disk: world.host.disk.copy()};
    const {said} = await runOn(copy, 'recover', profile, breakage);
    const isEdited = world.edits.length > 0;
    refute(said.bug === null && (!said.isRefused || isEdited) ? [] : [`recovery: ${said.bug ?? said.words}`]);
    const again = await runOn(copy, 'recover', profile, breakage);
    refute(said.isRefused || again.writes === 0 ? [] : ['recovery was not the last']);
    const tree = treeOf(copy.disk);
    refute(
      said.isRefused
        ? []
        : Object.keys(tree)
            .filter(isTemp)
            .map((path) => `${path} is left`),
    );
    refute(
      isEdited || world.hasHalfKernel
        ? []
        : staleFiles(copy.disk.machine).map((path) => `${path} is not made of the present configuration`),
    );
    return {
      tree,
      layers: readLayers(copy.disk.machine, world.settled.layers, world.settled.tree),
      isMenuEntryRunning: grubFactsOf(factsOf(copy))?.menu?.running !== null,
    };
  };

  /** After whatever happened: one of these states, nobody's edit lost, and bootable. */
  const check = async (world: World, legal: readonly Settled[]): Promise<World> => {
    refute(bootFaults(world.host));
    refute(lostEdits(world));
    const settled = await settle(world);
    const same = legal.filter(({layers}) => isSameStack(layers, settled.layers, world.settled.layers));
    refute(
      same.length > 0
        ? []
        : [
            `${settled.layers.length} runs are applied, which none of ${legal.map(({layers}) => layers.length).join()} is`,
          ],
    );
    const faults = same.map(({tree}) => differingPaths(tree, settled.tree, aside(world)));
    if (!faults.some((paths) => paths.length === 0))
      refute((faults[0] ?? []).map((path) => `${path} is neither as before nor as after`));
    const layers = settled.layers.map((layer, index) => ({
      ...layer,
      before: same[0]?.layers[index]?.before ?? layer.before,
    }));
    return {...world, settled: {...settled, layers}};
  };

  const run = async (world: World, verb: Verb, hit: Hit | null): Promise<World> => {
    const {settled, host} = world;
    const rawBefore = treeOf(host.disk);
    const popped: Settled | null =
      settled.layers.length === 0
        ? null
        : {...settled, layers: settled.layers.slice(0, -1), tree: settled.layers.at(-1)?.before ?? {}};
    const trial = hit === null ? host : {...host, disk: host.disk.copy()};
    const whole = await runOn(trial, verb, profile, breakage);
    refute(whole.said.bug === null ? [] : [whole.said.bug]);
    const after = judge(world, verb, whole, popped);
    if (hit === null)
      return check({...world, forward: null, unsaved: [], raw: [], said: world.said + whole.said.words}, [after]);
    const edits = [...world.edits];
    const result = await runHit(
      host,
      verb,
      profile,
      breakage,
      hit,
      whole,
      (disk, random) => void edits.push(...editFile(disk, random, edits.length, true)),
    );
    transitions.push(`${verb} ${hit.by}`);
    const now: World = {...world, host: result.host, edits, said: world.said + result.said.words, forward: after};
    const legal = [
      settled,
      after,
      ...(popped !== null && (verb === 'confirm' || isRollback(verb)) ? [popped] : []),
      ...(world.forward === null ? [] : [world.forward]),
      ...(hit.by === 'power-cut' ? world.unsaved : []),
    ];
    const [unsaved, raw] = [
      [...world.unsaved, ...legal],
      [...world.raw, rawBefore],
    ];
    refute(tornPaths(now, [...raw, ...unsaved.map(({tree}) => tree)]));
    const stopped: World =
      hit.by === 'power-cut'
        ? {...now, host: rebootHost(now.host, hit.seed % 2 === 0 ? 'good' : 'bad')}
        : {...now, unsaved, raw};
    if (hit.by !== 'edit') return check(stopped, legal);
    refute(result.said.bug === null ? [] : [result.said.bug]);
    return check(stopped, [...legal, await settle(stopped)]);
  };

  /** Holds a command that ran through against what it was to do. */
  const judge = (world: World, verb: Verb, {said, host}: Run, popped: Settled | null): Settled => {
    const {settled, edits, forward} = world;
    const layers = readLayers(
      host.disk.machine,
      settled.layers,
      verb === 'confirm' ? (popped?.tree ?? settled.tree) : settled.tree,
    );
    const transition = transitionOf(settled.layers, layers);
    const token = /vfio_pilot\.trial=(\w+)/.exec(world.host.commandLine)?.[1] ?? null;
    const expected = expectedTransition(verb, settled, token);
    const allowed: readonly (Transition | null)[] =
      verb === 'resume' && forward !== null
        ? ['same', 'push-apply', 'push-trial', 'pop', 'confirm']
        : edits.length > 0
          ? ['same', 'pop', 'push-apply', 'push-trial', ...(expected === 'confirm' ? ['confirm' as const] : [])]
          : [expected];
    refute(
      transition !== null && allowed.includes(transition)
        ? []
        : [`${verb} did ${transition} and was to do ${allowed.join(' or ')}: ${said.words.slice(0, 600)}`],
    );
    transitions.push(`${verb} ${transition}`);
    const tree = treeOf(host.disk);
    if (transition === 'push-apply' || transition === 'push-trial' || transition === 'confirm') {
      refute(edits.length > 0 ? [] : pushFaults(transition, host, settled.tree));
      return {...settled, layers, tree};
    }
    return {...settled, layers, tree: transition === 'pop' ? (popped?.tree ?? {}) : settled.tree};
  };

  return async (world: World, step: Step): Promise<World> => {
    if (step.do === 'run') return run(world, step.verb, step.hit);
    transitions.push(step.do);
    if (step.do === 'reboot') return check({...world, host: rebootHost(world.host, step.trial)}, [world.settled]);
    if (step.do === 'power-cut')
      return check(
        {
          ...world,
          unsaved: [],
          raw: [],
          host: rebootHost({...world.host, disk: world.host.disk.cut(randomOf(step.seed))}, 'bad'),
        },
        [world.settled, ...world.unsaved],
      );
    // Made of a configuration that is half new, its image is not made anew by recovery, which knows no kernel but those of the plan.
    const isHalf = step.do === 'kernel' && findInterrupted(world.host.disk.machine).length > 0;
    if (step.do === 'kernel') addKernel(world.host);
    const edits =
      step.do === 'edit'
        ? [...world.edits, ...editFile(world.host.disk, randomOf(step.seed), world.edits.length, false)]
        : world.edits;
    const changed: World = {
      ...world,
      edits,
      hasNewKernel: world.hasNewKernel || step.do === 'kernel',
      hasHalfKernel: world.hasHalfKernel || isHalf,
    };
    return check(changed, [world.settled]);
  };
};

const tornPaths = (world: World, trees: readonly Tree[]): readonly string[] => {
  const now = treeOf(world.host.disk);
  return [...new Set([now, ...trees].flatMap((tree) => Object.keys(tree)))]
    .filter((path) => !isTemp(path) && !aside(world)(path) && !trees.some((tree) => tree[path] === now[path]))
    .map((path) => `${path} is neither old nor new`);
};

const editable = [
  '/etc/default/grub',
  '/etc/initramfs-tools/modules',
  '/etc/modprobe.d/vfio-pilot.conf',
  '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot',
  '/etc/libvirt/hooks/qemu.d/vfio-pilot-70-isolation-win10',
  '/boot/grub/custom.cfg',
  '/etc/systemd/system/vfio-pilot-trial.timer',
  '/etc/libvirt/qemu/win10.xml',
];

/** libvirt alone writes its files; who edits one of them while it does has lost already. */
const editFile = (disk: ModelDisk, random: () => number, number: number, isDuringRun: boolean): readonly Edit[] => {
  const paths = editable.filter((path) => disk.machine.stat(path) !== null && !(isDuringRun && path.endsWith('.xml')));
  const path = paths[Math.floor(random() * paths.length)] ?? '/etc/default/grub';
  const mark = `edit ${number}!`;
  const text = disk.machine.read(path).toString('utf8');
  disk.overwrite(path, path.endsWith('.xml') ? `${text}<!-- ${mark} -->\n` : `${text}# ${mark}\n`);
  return [{path, mark}];
};

/** It is in the file, or in one that a message or the history names. */
const lostEdits = ({host, edits, said}: World): readonly string[] => {
  const {machine} = host.disk;
  const holds = (path: string, mark: string): boolean =>
    machine.stat(path)?.type === 'file' && machine.read(path).includes(mark);
  const backups =
    edits.length === 0 ? [] : readHistory(machine).flatMap((entry) => entry.backups.map(({backup}) => backup));
  const named = [...backups, ...(said.match(/\/var\/lib\/vfio-pilot\/[^\s,;]*[^\s,;.]/g) ?? [])];
  return edits
    .filter(({path, mark}) => ![path, ...named].some((one) => holds(one, mark)))
    .map(({path}) => `an edit of ${path} is lost`);
};
