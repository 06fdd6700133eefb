import {physicalCores} from '../facts/cores.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {isGraphicsCard, type PciFunction} from '../facts/pci.ts';

/** What hosts of one model have in common, unless something is wrong with one of them. */
export const traitNames = ['cores', 'memory', 'firmware', 'IOMMU', 'cards', 'groups', 'boot chain', 'kernel'] as const;

export type TraitName = (typeof traitNames)[number];
export type Traits = Readonly<Record<TraitName, string>>;

/** A value for each trait. */
export const mapTraits = <Value>(valueOf: (name: TraitName) => Value): Readonly<Record<TraitName, Value>> =>
  // fromEntries forgets the names, and all of them are there.
  Object.fromEntries(traitNames.map((name) => [name, valueOf(name)])) as Record<TraitName, Value>;

const cardsOf = ({pci}: HostFacts): readonly PciFunction[] => pci.filter(isGraphicsCard);
const idOf = ({vendor, device}: PciFunction): string => `${vendor}:${device}`;
const known = (value: string | boolean | null): string =>
  value === null ? 'unknown' : value === true ? 'yes' : value === false ? 'no' : value;

/** Processor and graphics cards, wherever these are: hosts that were bought as one model. */
export const modelOf = (facts: HostFacts): string => {
  const cards = cardsOf(facts).map(idOf).sort();
  const counts = [...new Set(cards)].map((id) => {
    const count = cards.filter((one) => one === id).length;
    return count === 1 ? id : `${count} × ${id}`;
  });
  return `${known(facts.cpu.model)}; ${counts.length === 0 ? 'no graphics card' : counts.join(', ')}`;
};

/** Nothing in them names a host: no UUID, no address of a network, no amount that changes while it runs. */
export const traitsOf = (facts: HostFacts): Traits => ({
  cores: coresText(facts),
  memory: facts.memory.totalKiB === null ? 'unknown' : `${Math.round(facts.memory.totalKiB / 1024 / 1024)} GiB`,
  firmware: `${known(facts.boot.firmware)}, Secure Boot ${known(facts.boot.secureBoot)}`,
  IOMMU: facts.iommu.active ? `on, interrupt remapping ${known(facts.iommu.interruptRemapping)}` : 'off',
  cards: cardsOf(facts)
    .map(
      (one) =>
        `${one.address} ${idOf(one)}${one.bootVga ? ' boot' : ''}${one.numaNode === null ? '' : ` node ${one.numaNode}`}`,
    )
    .join(', '),
  groups: groupsText(facts),
  'boot chain': `${known(facts.boot.loader)} with ${known(facts.boot.initramfs)}`,
  kernel: known(facts.kernel.release),
});

const coresText = ({cpu, nodes}: HostFacts): string => {
  const cores = physicalCores(cpu.cpus);
  const threads = cores.reduce((sum, core) => sum + core.threads.length, 0);
  const perNode = nodes.map(({id}) => cores.filter(({node}) => node === id).length);
  return `${perNode.length < 2 ? cores.length : perNode.join(' + ')} cores, ${threads} threads`;
};

/** By ids and not by addresses, so that a card in another slot is one difference and not two. */
const groupsText = (facts: HostFacts): string => {
  const byAddress = new Map(facts.pci.map((one) => [one.address, one]));
  return cardsOf(facts)
    .map((card) => {
      const group = facts.iommu.groups.find(({devices}) => devices.includes(card.address));
      const mates = (group?.devices ?? [])
        .filter((address) => address !== card.address)
        .map((address) => {
          const mate = byAddress.get(address);
          return mate === undefined ? address : idOf(mate);
        });
      return `${idOf(card)} ${group === undefined ? 'without a group' : mates.length === 0 ? 'alone' : `with ${mates.sort().join(' ')}`}`;
    })
    .sort()
    .join(', ');
};
