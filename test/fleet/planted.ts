import type {HostFacts} from '../../src/facts/host-facts.ts';
import {formatPciAddress, type PciAddress, splitPciAddress} from '../../src/facts/pci-address.ts';
import {isDisplay} from '../../src/facts/pci.ts';
import type {TraitName} from '../../src/fleet/traits.ts';

/** What differs between hosts of one model although nothing is wrong with them. All of it is invented. */
export const everyday = (facts: HostFacts, number: number): HostFacts => ({
  ...facts,
  root: `/captures/${number}`,
  boot: {...facts.boot, commandLine: `root=UUID=00000000-0000-0000-0000-${String(number).padStart(12, '0')} quiet`},
  memory: {...facts.memory, availableKiB: (facts.memory.availableKiB ?? 0) - number},
  nodes: facts.nodes.map((node) => ({...node, freeKiB: (node.freeKiB ?? 0) - number})),
  needs: facts.needs.map((need) => ({...need, chain: `${need.chain} ${number}`})),
});

export type Fault = {
  readonly name: string;
  readonly traits: readonly TraitName[];
  readonly plant: (facts: HostFacts) => HostFacts;
};

const lastCard = (facts: HostFacts): PciAddress => {
  const card = facts.pci.findLast(isDisplay);
  if (card === undefined) throw new Error('the host has no card');
  return card.address;
};

/** The card, and all that is on its bus and slot, on a bus that nobody has. */
const swapSlot = (facts: HostFacts): HostFacts => {
  const own = splitPciAddress(lastCard(facts));
  const moved = (address: PciAddress): PciAddress => {
    const place = splitPciAddress(address);
    return place.bus === own.bus && place.slot === own.slot && place.segment === own.segment
      ? formatPciAddress({...place, bus: 0x7e})
      : address;
  };
  return {
    ...facts,
    pci: facts.pci.map((one) => ({...one, address: moved(one.address)})),
    iommu: {
      ...facts.iommu,
      groups: facts.iommu.groups.map((group) => ({...group, devices: group.devices.map(moved)})),
    },
  };
};

/** Something that was in another group is in the card's now, as without ACS on a port. */
const growGroup = (facts: HostFacts): HostFacts => {
  const card = lastCard(facts);
  const other = facts.pci.find((one) => !one.isBridge && !isDisplay(one) && one.iommuGroup !== null);
  if (other === undefined) throw new Error('the host has nothing to add');
  return {
    ...facts,
    iommu: {
      ...facts.iommu,
      groups: facts.iommu.groups.map((group) =>
        group.devices.includes(card)
          ? {...group, devices: [...group.devices, other.address]}
          : {...group, devices: group.devices.filter((address) => address !== other.address)},
      ),
    },
  };
};

export const faults: readonly Fault[] = [
  {name: 'a swapped slot', traits: ['cards'], plant: swapSlot},
  {
    name: 'another firmware',
    traits: ['firmware'],
    plant: (facts) => ({...facts, boot: {...facts.boot, firmware: facts.boot.firmware === 'uefi' ? 'bios' : 'uefi'}}),
  },
  {name: 'a group grown', traits: ['groups'], plant: growGroup},
  {
    name: 'IOMMU off',
    traits: ['IOMMU', 'groups'],
    plant: (facts) => ({
      ...facts,
      iommu: {...facts.iommu, active: false, groups: []},
      pci: facts.pci.map((one) => ({...one, iommuGroup: null})),
    }),
  },
];
