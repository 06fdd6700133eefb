import type {Machine} from '../../src/system/machine.ts';
import {readHistory, readPlanText} from '../../src/transaction/history.ts';
import {decodeAppliedPlan} from '../../src/verify/promise.ts';
import type {Verb} from './history-commands.ts';
import {boot, type ModelHost} from './history-host.ts';
import {environmentPath, makeImage, makeMenu, menuPath} from './history-programs.ts';
import type {ModelDisk} from './model-disk.ts';

/** The sequential model: runs that stand on each other, each with the tree that it found. */
export type Tree = Readonly<Record<string, string>>;
export type Layer = {readonly id: string; readonly token: string | null; readonly before: Tree};
export type Settled = {readonly tree: Tree; readonly layers: readonly Layer[]; readonly isMenuEntryRunning: boolean};
export type Transition = 'same' | 'pop' | 'push-apply' | 'push-trial' | 'confirm';

const isState = (path: string): boolean => /^\/(run|var\/lib\/vfio-pilot)(\/|$)/.test(path) || path === environmentPath;
export const isTemp = (path: string): boolean => path.includes('/.vfio-pilot-');
export const isGenerated = (path: string): boolean => path === menuPath || /^\/boot\/(initrd\.img|vmlinuz)-/.test(path);
/** A trial is made of copies of the host's configuration, with the edits in it. */
export const isCopied = (path: string): boolean =>
  /^\/(var\/lib\/vfio-pilot-trial|boot\/vfio-pilot-trial\.img|boot\/grub\/custom\.cfg)/.test(path);

/** Everything but the program's own history and the choice for one boot; tokens of trials are drawn anew each time. */
export const treeOf = (disk: ModelDisk): Tree =>
  Object.fromEntries(
    Object.entries(disk.tree())
      .filter(([path]) => !isState(path))
      .map(([path, text]) => [path, text.replaceAll(/vfio_pilot\.trial=[0-9a-f]{12}/g, 'vfio_pilot.trial=TOKEN')]),
  );

const tokenOf = (machine: Machine, id: string): string | null => {
  const applied = decodeAppliedPlan(readPlanText(machine, id));
  return applied.isValid ? (applied.value.trial ?? null) : null;
};

/** What is applied, oldest first; a run that is new found `before`. */
export const readLayers = (machine: Machine, known: readonly Layer[], before: Tree): readonly Layer[] =>
  readHistory(machine)
    .filter(({state}) => state === 'applied')
    .reverse()
    .map(({id}) => known.find((layer) => layer.id === id) ?? {id, token: tokenOf(machine, id), before});

export const transitionOf = (before: readonly Layer[], after: readonly Layer[]): Transition | null => {
  const shared = before.filter(({id}, index) => after[index]?.id === id).length;
  const [gone, come] = [before.length - shared, after.slice(shared)];
  const isTrial = (come[0]?.token ?? null) !== null;
  if (gone === 0 && come.length === 0) return 'same';
  if (gone === 1 && come.length === 0) return 'pop';
  if (gone === 0 && come.length === 1) return isTrial ? 'push-trial' : 'push-apply';
  return gone === 1 && come.length === 1 && !isTrial && before.at(-1)?.token !== null ? 'confirm' : null;
};

/** A run that was done on a copy, and then here, has two ids; those that were there before have one. */
export const isSameStack = (one: readonly Layer[], other: readonly Layer[], known: readonly Layer[]): boolean =>
  one.length === other.length &&
  one.every(
    (layer, index) =>
      layer.id === other[index]?.id ||
      (!known.some(({id}) => id === layer.id || id === other[index]?.id) &&
        (layer.token === null) === (other[index]?.token === null)),
  );

export const isRollback = (verb: Verb): boolean => verb === 'rollback' || verb === 'rollback-keeping';

/** What a command that nothing happens to must do where nobody else has edited a file. */
export const expectedTransition = (
  verb: Verb,
  {layers, isMenuEntryRunning}: Settled,
  bootedToken: string | null,
): Transition => {
  const top = layers.at(-1);
  const isOnTrial = top !== undefined && top.token !== null;
  if (verb === 'confirm') return isOnTrial && top.token === bootedToken ? 'confirm' : 'same';
  if (isRollback(verb)) return top === undefined ? 'same' : 'pop';
  if (isOnTrial || top !== undefined) return 'same';
  if (verb === 'apply') return 'push-apply';
  return verb === 'trial' && isMenuEntryRunning ? 'push-trial' : 'same';
};

/** Paths where the two differ. `without` are left aside. */
export const differingPaths = (one: Tree, other: Tree, without: (path: string) => boolean): readonly string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (path) => one[path] !== other[path] && !without(path),
  );

/** Images and menu as the programs would make them of the present configuration. */
export const staleFiles = (machine: Machine): readonly string[] => {
  const text = (path: string): string => (machine.stat(path) === null ? '' : machine.read(path).toString('utf8'));
  const images = machine
    .list('/boot')
    .flatMap((name) => /^initrd\.img-(.*)$/.exec(name)?.[1] ?? [])
    .filter((release) => text(`/boot/initrd.img-${release}`) !== makeImage(machine, release));
  return [...images, ...(text(menuPath) === makeMenu(machine) ? [] : [menuPath])];
};

/** Whatever the next boots are, a system runs in the end, on trial once at most, and the trial is nowhere but in its own files. */
export const bootFaults = ({disk}: ModelHost): readonly string[] => {
  const faults = (['good', 'bad'] as const).flatMap((trial) => {
    const {machine} = disk.copy();
    const [first, second] = [boot(machine, trial), boot(machine, trial)];
    return [...first.faults, ...second.faults, ...(second.trials > 0 ? ['a second trial boot'] : [])];
  });
  const known = boot(disk.copy().machine, 'bad').commandLine;
  return [
    ...new Set([
      ...faults,
      ...(known.includes('vfio_pilot.trial') ? ['the known-good boot has the arguments of the trial'] : []),
    ]),
  ];
};

/** What a run that was said to be applied has done. */
export const pushFaults = (transition: Transition, {disk}: ModelHost, before: Tree): readonly string[] => {
  const {machine} = disk;
  const [menu, choice] = [menuPath, environmentPath].map((path) => machine.read(path).toString('utf8')) as [
    string,
    string,
  ];
  if (transition === 'push-trial') {
    const touched = Object.keys(before).filter(
      (path) => path !== '/boot/grub/custom.cfg' && disk.tree()[path] !== before[path],
    );
    return [
      ...touched.map((path) => `${path} was changed by a trial`),
      ...(choice.includes('next_entry=vfio-pilot-trial') ? [] : ['the trial is not chosen']),
    ];
  }
  return [
    ...(menu.includes('hugepages=0:') ? [] : ['the menu has no new arguments']),
    ...(machine.stat('/etc/libvirt/qemu/win10.xml') === null ? ['there is no guest'] : []),
    ...(choice === '' ? [] : ['a trial is still chosen']),
  ];
};
