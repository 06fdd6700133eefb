import type {HostFacts} from '../../facts/host-facts.ts';
import {isPciType, type MediatedParent, type MediatedType, nameOfType} from '../../facts/mediated.ts';
import type {FindingCode} from '../../findings/codes.ts';
import {nearestWord} from '../../profile/nearest.ts';
import {type ComingSlice, type Left, leftOfType} from './left-of-type.ts';
import type {ProfileMediatedDevice} from './mediated-device-format.ts';
import {listWords} from '../../words/list-words.ts';

export type ChosenType = {
  readonly parent: MediatedParent;
  readonly type: MediatedType;
  readonly because: string;
};

export type TypeChoice =
  | {readonly ok: true; readonly chosen: ChosenType}
  /** `key`: of `mdev`, where the reason is. */
  | {
      readonly ok: false;
      readonly code: FindingCode;
      readonly key: string;
      readonly message: string;
      readonly remedy: string;
    };

export type TypeSearch = {
  readonly facts: Pick<HostFacts, 'mediated' | 'pci'>;
  /** Slices of other guests, and of this one before this slice, that are not there yet. */
  readonly coming: readonly ComingSlice[];
  /** Where this slice was by an earlier run, or is now. */
  readonly former: {readonly parent: string; readonly type: string} | null;
  /** Host node of the guest, where the profile says it. */
  readonly node: number | null;
};

type Fit = {readonly parent: MediatedParent; readonly type: MediatedType; readonly left: Left};

/**
 * The type of which a slice is made: the named one, or of those in the range of sizes the largest. What this slice is
 * already comes first, so that a profile that is applied again says the same.
 */
export const chooseType = (search: TypeSearch, {mdev}: ProfileMediatedDevice): TypeChoice => {
  const {facts} = search;
  const parents = facts.mediated.parents.filter(({name}) => mdev.parent === 'auto' || name === mdev.parent);
  if (parents.length === 0) return noParent(search, mdev.parent);
  const all = parents.flatMap((parent) => parent.types.map((type) => ({parent, type})));
  if (all.length === 0)
    return refuse('mdev-type-unknown', 'parent', {
      message: `${listWords(parents.map(({name}) => name))} ${parents.length === 1 ? 'offers' : 'offer'} no type of mediated device.`,
      remedy: 'Load the driver that makes them, with its licence where it needs one, and plan again.',
    });
  const pci = all.filter(({type}) => isPciType(type));
  const named = pci.filter(({type}) => mdev.type === null || isCalled(type, mdev.type));
  if (mdev.type === null && mdev.vramMiB === null && mdev.suffix === null)
    return refuse('mdev-type-unknown', 'uuid', {
      message: 'The profile says neither which type of mediated device it wants nor how much video memory.',
      remedy: `Add type or vram. There ${pci.length === 1 ? 'is' : 'are'} ${list(pci.map(({type}) => describeType(type)))}.`,
    });
  if (named.length === 0) return mdev.type === null ? notPci(all) : noType(all, mdev.type);
  const renamed =
    mdev.type === null ? undefined : named.find(({type}) => mdev.name !== null && !isCalled(type, mdev.name));
  if (renamed !== undefined)
    return refuse('mdev-type-unknown', 'name', {
      message: `The profile means ${mdev.name} as ${mdev.type}, and on this host ${renamed.type.id} is ${nameOfType(renamed.type)}.`,
      remedy: `Choose it again with \`mdev: {type: …, name: …}\`: another driver, or another card, has other numbers.`,
    });
  const range = mdev.type === null ? mdev.vramMiB : null;
  const suffix = mdev.type === null ? (mdev.suffix ?? '') : '';
  const inRange = named.filter(
    ({type}) =>
      nameOfType(type).endsWith(suffix) &&
      (range === null || (type.vramMiB !== null && type.vramMiB >= range.minimum && type.vramMiB <= range.maximum)),
  );
  if (inRange.length === 0)
    return refuse('mdev-none-in-range', range === null ? 'suffix' : 'vram', {
      message: `No type of mediated device here has ${listWords([
        ...(range === null ? [] : [`${range.minimum} to ${range.maximum} MiB`]),
        ...(suffix === '' ? [] : [`a name that ends in ${suffix}`]),
      ])}: there ${pci.length === 1 ? 'is' : 'are'} ${list(pci.map(({type}) => describeType(type)))}.`,
      remedy: 'Choose another range, or name a type.',
    });
  const fits = inRange.map((one): Fit => ({...one, left: leftOfType(facts, {...one, uuid: mdev.uuid}, search.coming)}));
  const free = fits.filter(({left}) => left.count === null || left.count > 0);
  const [best] = free.toSorted(bySuitability(search));
  return best === undefined ? noneLeft(fits) : {ok: true, chosen: {...best, because: whyChosen(search, mdev, best)}};
};

export const isCalled = (type: MediatedType, words: string): boolean =>
  [type.id, type.name, nameOfType(type)].includes(words);

/** `nvidia-256 (GRID RTX6000-1Q, 1024 MiB)` */
export const describeType = (type: MediatedType): string => {
  const name = nameOfType(type);
  const more = [...(name === type.id ? [] : [name]), ...(type.vramMiB === null ? [] : [`${type.vramMiB} MiB`])];
  return more.length === 0 ? type.id : `${type.id} (${more.join(', ')})`;
};

/** The earliest rule in which two differ decides; the last one only so that it is always the same. */
const bySuitability =
  ({facts, former, node}: TypeSearch) =>
  (one: Fit, other: Fit): number => {
    const isFormer = ({parent, type}: Fit): boolean => parent.name === former?.parent && type.id === former.type;
    const isNear = ({parent}: Fit): boolean => node !== null && parent.numaNode === node;
    const isStarted = ({parent, type}: Fit): boolean =>
      facts.mediated.devices.some((device) => device.parent === parent.name && device.type === type.id);
    return (
      Number(isFormer(other)) - Number(isFormer(one)) ||
      Number(isNear(other)) - Number(isNear(one)) ||
      (other.type.vramMiB ?? 0) - (one.type.vramMiB ?? 0) ||
      Number(isStarted(other)) - Number(isStarted(one)) ||
      one.type.id.localeCompare(other.type.id, 'en', {numeric: true}) ||
      one.parent.name.localeCompare(other.parent.name, 'en', {numeric: true})
    );
  };

const whyChosen = ({former}: TypeSearch, mdev: ProfileMediatedDevice['mdev'], {parent, type}: Fit): string => {
  if (mdev.type !== null) return mdev.parent === 'auto' ? `${parent.name} has room for it` : 'you chose it';
  return parent.name === former?.parent && type.id === former.type
    ? 'it is what this guest has already'
    : 'it is the largest that fits what you asked for and is not taken';
};

type Words = {readonly message: string; readonly remedy: string};

const refuse = (code: FindingCode, key: string, words: Words): TypeChoice => ({ok: false, code, key, ...words});

const mostListed = 12;

const list = (words: readonly string[]): string => {
  const all = [...new Set(words)];
  const shown = all.slice(0, mostListed).join(', ');
  return all.length === 0 ? 'none' : all.length > mostListed ? `${shown} and ${all.length - mostListed} more` : shown;
};

const noParent = ({facts}: TypeSearch, wanted: string): TypeChoice => {
  const names = facts.mediated.parents.map(({name}) => name);
  const device = facts.pci.find(({address}) => address === wanted);
  const what = wanted === 'auto' ? 'No device on this host' : `${wanted} on this host`;
  return refuse('mdev-parent-missing', 'parent', {
    message:
      wanted === 'auto'
        ? 'No device on this host makes mediated devices: /sys/class/mdev_bus is empty.'
        : `${what} makes no mediated devices: ${names.length === 0 ? '/sys/class/mdev_bus is empty' : `/sys/class/mdev_bus has ${list(names)}`}.`,
    remedy: remedyForParent(device ?? null),
  });
};

/** GVT-g: Linux, drivers/gpu/drm/i915/Kconfig and intel_gvt.c. */
const remedyForParent = (device: {readonly vendor: string; readonly driver: string | null} | null): string => {
  if (device?.vendor === '8086')
    return 'For GVT-g (5th to 10th generation of Intel Core) start the kernel with i915.enable_gvt=1, without bit 0 in i915.enable_guc, and load kvmgt. Newer ones make virtual functions instead.';
  if (device?.vendor === '10de')
    return `NVIDIA's licensed vGPU driver makes them, and ${device.driver === null ? 'no driver' : device.driver} has this card now. From vGPU 17 on with newer kernels it uses virtual functions instead.`;
  return 'Load the driver that makes them, and plan again.';
};

const notPci = (all: readonly {readonly parent: MediatedParent; readonly type: MediatedType}[]): TypeChoice => {
  const apis = list(all.map(({type}) => type.api ?? 'an unknown interface'));
  return refuse('mdev-not-a-pci-device', 'parent', {
    message: `${list(all.map(({parent}) => parent.name))} makes mediated devices for ${apis}, which are no PCI devices.`,
    remedy: 'vfio-pilot gives a guest mediated devices of vfio-pci only. Choose another parent.',
  });
};

const noType = (
  all: readonly {readonly parent: MediatedParent; readonly type: MediatedType}[],
  wanted: string,
): TypeChoice => {
  const other = all.filter(({type}) => isCalled(type, wanted));
  if (other.length > 0) return notPci(other);
  const words = all.flatMap(({type}) => [type.id, nameOfType(type)]);
  const near = nearestWord(wanted, words);
  return refuse('mdev-type-unknown', 'type', {
    message: `No type of mediated device is called ${wanted} here: there ${all.length === 1 ? 'is' : 'are'} ${list(all.map(({type}) => describeType(type)))}.`,
    remedy: near === null ? 'Name one of these.' : `Did you mean ${near}?`,
  });
};

const noneLeft = (fits: readonly Fit[]): TypeChoice => {
  const blocked = fits.every(({left}) => left.otherSizeMiB !== null);
  return refuse(blocked ? 'mdev-other-size-active' : 'mdev-full', fits.length === 1 ? 'type' : 'vram', {
    message: `No more mediated device can be made: ${list(
      fits.map(
        ({parent, type, left}) =>
          `${parent.name}/${type.id} ${left.otherSizeMiB === null ? 'has none left' : `is kept away by slices of ${left.otherSizeMiB} MiB on the same GPU`}`,
      ),
    )}.`,
    remedy: blocked
      ? 'Choose the size that the GPU is divided into already, or take the other slices away first.'
      : 'Choose another type or parent, or take a slice away that nobody needs (`vfio-pilot history`, `mdevctl list`).',
  });
};
