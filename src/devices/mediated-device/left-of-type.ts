import type {ClaimedMediatedDevice} from '../../facts/guest-claims.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {isMigBacked, type MediatedParent, type MediatedType} from '../../facts/mediated.ts';

/** A slice that will be there after the next boot, and is not yet. */
export type ComingSlice = Omit<ClaimedMediatedDevice, 'uuid'>;

export type Left = {
  /** How many more there can be; `null` where the driver does not say. */
  readonly count: number | null;
  /** Size of the slices that keep this one away: NVIDIA divides a GPU into equal ones. */
  readonly otherSizeMiB: number | null;
};

/**
 * What is left of a type for a slice with this UUID, which may be there already. The driver counts those that there are;
 * those that are to come are taken off here. Types share the memory of their parent, so that one less of a type is
 * also less of the others (seen with mbochs: 4 large or 64 small ones, and 3 or 60 after a medium one).
 */
export const leftOfType = (
  facts: Pick<HostFacts, 'mediated' | 'pci'>,
  {parent, type, uuid}: {readonly parent: MediatedParent; readonly type: MediatedType; readonly uuid: string},
  coming: readonly ComingSlice[],
): Left => {
  const live = facts.mediated.devices;
  const isOurs = live.some((one) => one.uuid === uuid && one.parent === parent.name && one.type === type.id);
  const otherSizeMiB = isEqualOnly(type) ? otherSizeOn(facts, {parent, type, uuid}, coming) : null;
  if (type.available === null) return {count: null, otherSizeMiB};
  const present = type.available + (isOurs ? 1 : 0);
  if (otherSizeMiB !== null) return {count: 0, otherSizeMiB};
  const here = coming.filter((one) => one.parent === parent.name);
  const alike = here.filter((one) => one.type === type.id).length;
  // An instance of the hardware is of one size, and what is on another one takes nothing from it.
  const usedMiB = (isMigBacked(type.name) ? [] : here)
    .filter((one) => one.type !== type.id)
    .reduce((sum, {vramMiB}) => sum + (vramMiB ?? 0), 0);
  const room =
    type.vramMiB === null || usedMiB === 0 ? present : Math.floor((present * type.vramMiB - usedMiB) / type.vramMiB);
  return {count: Math.max(0, room - alike), otherSizeMiB: null};
};

/**
 * NVIDIA: vGPUs that share the time of one physical GPU have one size, unless a mode of newer GPUs is on, in which the driver
 * offers others.
 */
const isEqualOnly = ({id, name}: MediatedType): boolean => id.startsWith('nvidia-') && !isMigBacked(name);

const otherSizeOn = (
  facts: Pick<HostFacts, 'mediated' | 'pci'>,
  {parent, type, uuid}: {readonly parent: MediatedParent; readonly type: MediatedType; readonly uuid: string},
  coming: readonly ComingSlice[],
): number | null => {
  const gpu = gpuOf(facts, parent.name);
  const live =
    type.available === 0
      ? facts.mediated.devices
          .filter((one) => one.uuid !== uuid)
          .map((one) => ({
            parent: one.parent,
            vramMiB: typeOf(facts, one.parent, one.type)?.vramMiB ?? null,
          }))
      : [];
  const other = [...coming, ...live].find(
    (one) =>
      one.vramMiB !== null && type.vramMiB !== null && one.vramMiB !== type.vramMiB && gpuOf(facts, one.parent) === gpu,
  );
  return other?.vramMiB ?? null;
};

const typeOf = ({mediated}: Pick<HostFacts, 'mediated'>, parent: string, id: string | null): MediatedType | null =>
  mediated.parents.find(({name}) => name === parent)?.types.find((type) => type.id === id) ?? null;

/** From Ampere on each virtual function of a GPU is a parent of its own. */
const gpuOf = ({pci}: Pick<HostFacts, 'pci'>, parent: string): string =>
  pci.find(({address}) => address === parent)?.physicalFunction ?? parent;
