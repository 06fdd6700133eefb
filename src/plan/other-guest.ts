import type {DomainUse} from '../facts/domain-use.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {NumaNode} from '../facts/memory.ts';
import {type PciAddress, slotOf} from '../facts/pci-address.ts';

/** A guest that the hypervisor knows, and whose definition could be read. */
export type DefinedGuest = {
  readonly name: string;
  /** What else it may be called in a profile: a number of the hypervisor. */
  readonly alias: string | null;
  readonly use: DomainUse;
};

export const isCalled = ({name, alias}: Pick<DefinedGuest, 'name' | 'alias'>, wanted: string): boolean =>
  name === wanted || alias === wanted;

/** Unknown size counts as memory: many captures carry no meminfo for their nodes. */
export const hasMemory = (node: NumaNode): boolean => node.memoryKiB !== 0;

/** Another defined guest, with what it takes from the host. */
export type OtherGuest = {
  readonly name: string;
  readonly use: DomainUse;
  /** Two guests with one card never run at once, so that they may share everything else too. */
  readonly mayRunBeside: boolean;
  /** Memory that nothing else can have while it runs, by node: locked for a device, or set aside as huge pages. */
  readonly lockedKiB: ReadonlyMap<number, number>;
};

/** `own`: the guest that is planned, and the functions that its profile names. */
export const otherGuests = (
  facts: HostFacts,
  guests: readonly DefinedGuest[],
  own: {readonly name: string; readonly addresses: readonly PciAddress[]},
): readonly OtherGuest[] => {
  return guests
    .filter((guest) => !isCalled(guest, own.name))
    .map(({name, use}) => {
      const isLocked = use.pageKiB !== null || [use.hostdevs, use.mediated, use.pools].some(({length}) => length > 0);
      return {
        name,
        use,
        mayRunBeside: !use.hostdevs.some((address) => own.addresses.some((one) => excludes(facts, one, address))),
        lockedKiB: isLocked ? onNodes(facts, use) : new Map(),
      };
    });
};

/**
 * Whether two functions go to one guest only: the same one, or two of one IOMMU group. Ports of a network card and
 * virtual functions share a slot and go to several guests; only where no group is known does the slot decide.
 */
const excludes = ({pci}: HostFacts, one: PciAddress, other: PciAddress): boolean => {
  if (one === other) return true;
  const groupOf = (address: PciAddress): number | null =>
    pci.find((device) => device.address === address)?.iommuGroup ?? null;
  const [own, foreign] = [groupOf(one), groupOf(other)];
  return own === null || foreign === null ? slotOf(one) === slotOf(other) : own === foreign;
};

/** A guest that names no node has its memory wherever there is some: in equal parts, for want of better. */
const onNodes = (facts: HostFacts, use: DomainUse): ReadonlyMap<number, number> => {
  if (use.perNodeKiB.size > 0) return use.perNodeKiB;
  const nodes = facts.nodes.filter(hasMemory);
  return new Map(nodes.map(({id}) => [id, use.memoryKiB / nodes.length]));
};
