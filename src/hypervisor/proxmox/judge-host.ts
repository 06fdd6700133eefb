import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import {type HostNeed, isNeeded} from '../../facts/needs.ts';
import type {ProxmoxGuest} from '../../facts/virtualisation.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {MemoryPlan} from '../../plan/plan.ts';
import {functionsOf} from './guests.ts';
import {nameOfGuest, proxmoxOf} from './proxmox-facts.ts';
import {listWords} from '../../words/list-words.ts';

/** What Proxmox would die of at the guest's start, or take from the host without a question. */
export const judgeProxmoxHost = (context: PlanContext, memory: MemoryPlan): void => {
  const {facts, report} = context;
  if (proxmoxOf(facts).isQuorate === false)
    report('blocker', 'proxmox-no-quorum', {
      subject: 'host',
      message: 'The cluster has no quorum here, so /etc/pve is read-only and qm changes nothing.',
      remedy: 'Look at `pvecm status`, and bring enough nodes back.',
    });
  for (const {guest, need} of cardsAtBoot(facts))
    report('warning', 'proxmox-card-at-boot', {
      subject: need.address,
      message: `Guest ${nameOfGuest(guest)} starts with the host (${guest.startsAtBoot ? 'onboot' : 'HA'}) and takes ${need.address} from it, as Proxmox VE binds a whole IOMMU group without asking: ${need.chain}.`,
      remedy: `${keepOff(guest)}, and take the card out of ${guest.path}.`,
    });
  if (memory.hugepages !== null) judgePages(context, memory.nodes);
  if ((memory.cells?.length ?? 0) > 8)
    report('blocker', 'memory-pages-unsupported', {
      subject: 'memory.size',
      message: `The guest would be on ${memory.cells?.length} nodes, and Proxmox VE has numa0 to numa7.`,
      remedy: 'Set memory.size or cpu.vcpus lower, so that fewer nodes are needed.',
    });
};

/** "more than 1 hostnode value": its pattern is one digit (`PVE::QemuServer::Memory`, hugepages_topology). */
const judgePages = (context: PlanContext, nodes: readonly number[]): void => {
  const large = nodes.filter((node) => node > 9);
  if (large.length > 0)
    context.report('blocker', 'memory-pages-unsupported', {
      subject: 'memory.hugepages',
      message: `Proxmox VE takes huge pages from nodes 0 to 9 only, and the guest's memory is on node ${large.join(', ')}.`,
      remedy: 'Set memory.node to another node, or memory.hugepages: none.',
    });
  const lost = pagesLost(context.facts);
  if (lost !== null)
    context.report('warning', 'proxmox-pages-lost', {
      subject: 'memory.hugepages',
      message: lost,
      remedy:
        'Take hugepages= off the kernel command line, as Proxmox VE takes the pages of its guests itself; or write it as hugepagesz=2M hugepages=NUMBER (1G for pages of 1 GiB).',
    });
};

/**
 * After a guest with huge pages has started, Proxmox sets the pool of its size to the number that it reads from the kernel
 * command line. `null` where that is what the kernel was asked for.
 */
export const pagesLost = ({boot}: HostFacts): string | null => {
  const words = (boot.commandLine ?? '').split(/\s+/);
  const lost = [2, 1024].filter(
    (sizeMiB) => asked(words, sizeMiB) !== null && asked(words, sizeMiB) !== read(words, sizeMiB),
  );
  return lost.length === 0
    ? null
    : `The kernel was started with ${words.filter((word) => /hugepages(?:z|=)/.test(word)).join(' ')}, which Proxmox VE reads as ${listWords(lost.map((sizeMiB) => `${read(words, sizeMiB)} pages of ${sizeMiB} MiB`))}: after the start of a guest with such pages it sets the pool to that, and pages that are set aside for another program are lost.`;
};

const sizes: Readonly<Record<string, number>> = {'2M': 2, '1G': 1024};

/** The kernel begins with its default size, and places pages on nodes where `hugepages=` has a list. */
const asked = (words: readonly string[], sizeMiB: number): number | string | null => {
  const byDefault = words.findLast((word) => word.startsWith('default_hugepagesz='))?.split('=')[1];
  let size = byDefault === undefined ? 2 : (sizes[byDefault] ?? null);
  let count: number | string | null = null;
  for (const word of words) {
    const [key, value = ''] = word.split('=');
    if (key === 'hugepagesz') size = sizes[value] ?? null;
    if (key === 'hugepages' && size === sizeMiB) count = /^\d+$/.test(value) ? Number(value) : value;
  }
  return count;
};

/** `PVE::QemuServer::Memory`, hugepages_default_nr_hugepages: 2 MiB until `hugepagesz=` says otherwise, digits only, the first one. */
const read = (words: readonly string[], sizeMiB: number): number => {
  let size = 2;
  for (const word of words) {
    const given = /^hugepagesz=(2M|1G)$/.exec(word)?.[1];
    const count = /^hugepages=(\d+)$/.exec(word)?.[1];
    if (given !== undefined) size = sizes[given] ?? size;
    else if (count !== undefined && size === sizeMiB) return Number(count);
  }
  return 0;
};

/** Guests that start by themselves with a function, or one of its group, that the host needs. */
export const cardsAtBoot = (facts: HostFacts): readonly {readonly guest: ProxmoxGuest; readonly need: HostNeed}[] =>
  proxmoxOf(facts)
    .guests.filter(
      ({startsAtBoot, isHighlyAvailable, isTemplate}) => (startsAtBoot || isHighlyAvailable) && !isTemplate,
    )
    .flatMap((guest) => {
      const taken = withGroups(facts, functionsOf(facts.pci, guest.hosts));
      const needs = facts.needs.filter((need) => taken.includes(need.address) && isNeeded(need, taken));
      // Once for each function.
      return needs
        .filter((need, index) => needs.findIndex(({address}) => address === need.address) === index)
        .map((need) => ({guest, need}));
    });

/** The command after which it does not start by itself. */
export const keepOff = ({vmid, isHighlyAvailable}: ProxmoxGuest): string =>
  isHighlyAvailable ? `ha-manager remove vm:${vmid}, qm set ${vmid} --onboot 0` : `qm set ${vmid} --onboot 0`;

const withGroups = ({pci}: HostFacts, addresses: readonly PciAddress[]): readonly PciAddress[] => {
  const groups = new Set(
    pci.filter(({address}) => addresses.includes(address)).flatMap(({iommuGroup}) => iommuGroup ?? []),
  );
  return pci
    .filter(
      ({address, iommuGroup, isBridge}) =>
        addresses.includes(address) || (!isBridge && iommuGroup !== null && groups.has(iommuGroup)),
    )
    .map(({address}) => address);
};
