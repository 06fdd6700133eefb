import type {BootFacts} from '../facts/boot.ts';
import {iommuVendorOf} from '../facts/iommu-vendor.ts';
import {iommuSwitches} from '../facts/iommu-switches.ts';
import type {IommuFacts} from '../facts/iommu.ts';
import type {KernelFacts} from '../facts/kernel.ts';
import type {MediatedParent} from '../facts/mediated.ts';
import type {HostNeed} from '../facts/needs.ts';
import type {PciAddress} from '../facts/pci-address.ts';
import {isDisplay, type PciOutline} from '../facts/pci.ts';
import {isBehindVmd, isChipsetPart} from '../facts/processor-parts.ts';
import {
  analyseGroups,
  endpointsBeside,
  explainSharing,
  type GroupAnalysis,
  type GroupFacts,
  isViableFor,
} from './analyse-group.ts';
import {describeClass} from './class-names.ts';
import {listWords} from '../words/list-words.ts';

/** `0000:01:00.0  VGA compatible controller [10de:1381]  nouveau  NVIDIA Corporation GM107 [GeForce GTX 750]  [boot VGA]` */
const describeMember = (marks: Marks, one: PciOutline, isTopOfTree: boolean): string => {
  const bridge = isTopOfTree ? one.upstream.at(-1) : undefined;
  const name = one.name === null ? '' : `  ${one.name}`;
  const tags = tagsOf(marks, one);
  const start = `${one.address}  ${describeClass(one.class)} [${one.vendor}:${one.device}]  ${one.driver ?? '(no driver)'}`;
  return `${start}${name}${tags === '' ? '' : `  ${tags}`}${bridge === undefined ? '' : `  (behind ${bridge})`}`;
};

/** `0000:00:1f.2 (SATA controller, ahci)` */
const nameMember = (one: PciOutline): string =>
  `${one.address} (${[describeClass(one.class), one.driver].filter((part) => part !== null).join(', ')})`;

const tagsOf = (marks: Marks, {address, bootVga, physicalFunction}: PciOutline): string => {
  const uses = marks.needs.get(address);
  const tags = bootVga ? ['[boot VGA]'] : [];
  if (physicalFunction !== null) tags.push(`[virtual function of ${physicalFunction}]`);
  if (marks.makesSlices.has(address)) tags.push('[makes slices: mediated devices]');
  if (uses !== undefined) tags.push(...describeUses([...uses]));
  return tags.join('  ');
};

const describeUses = (uses: readonly Use[]): readonly string[] => {
  const needed = uses.filter((use) => use !== 'data' && use !== 'spare');
  return [
    ...(needed.length > 0 ? [`[needed by the host: ${needed.join(', ')}]`] : []),
    ...(uses.includes('data') ? ['[used by the host: data]'] : []),
    ...(uses.includes('spare') && needed.length === 0 ? ['[used by the host, which has another]'] : []),
  ];
};

/** Functions without a group, under a heading that says why as far as that is known. */
const describeUngrouped = (facts: ListedFacts, marks: Marks): readonly string[] => {
  const functions = facts.pci.filter((one) => one.iommuGroup === null);
  if (functions.length === 0) return facts.pci.length === 0 ? ['No PCI function was found.'] : [];
  return [
    facts.iommu.active
      ? 'Without a group: no IOMMU unit is responsible for these, so they cannot go to a guest'
      : whyInactive(facts),
    ...functions.map((one) => `  ${describeMember(marks, one, false)}${facts.iommu.active ? reasonOf(one) : ''}`),
  ];
};

const whyInactive = ({iommu, kernel, boot}: ListedFacts): string => {
  const start = 'No IOMMU groups:';
  if (kernel.hypervisor === 'xen') return `${start} this system runs under Xen, which keeps the IOMMU to itself`;
  const off = iommuSwitches(boot.commandLine, iommuVendorOf({acpiTable: iommu.acpiTable, units: []}, null)).find(
    ({turnsOff}) => turnsOff === 'all',
  );
  if (off !== undefined) return `${start} ${off.text} on the kernel command line turns the IOMMU off; take it out`;
  const hasTable = iommu.acpiTable === 'DMAR' || iommu.acpiTable === 'IVRS';
  if (kernel.hypervisor !== null && !hasTable)
    return `${start} this is a virtual machine, and its hypervisor gives it no IOMMU`;
  if (iommu.acpiTable === 'none')
    return `${start} the firmware offers no IOMMU (neither a DMAR nor an IVRS table); turn VT-d or AMD-Vi on in its set-up`;
  if (iommu.acpiTable === 'DMAR')
    return `${start} the firmware offers VT-d (DMAR table), but the kernel does not use it; boot with intel_iommu=on`;
  if (iommu.acpiTable === 'IVRS')
    return `${start} the firmware offers AMD-Vi (IVRS table), but the kernel does not use it; its log says why (journalctl -k -b | grep AMD-Vi)`;
  return `${start} the IOMMU is off, or this copy of the host does not tell`;
};

const reasonOf = (one: PciOutline): string => {
  if (one.class.startsWith('0806')) return '  (the IOMMU itself)';
  return one.class.startsWith('0600') ? '  (part of the chipset itself)' : '';
};

/** What the group is good for: `display device, usable: only its own functions and bridges`. */
const describeVerdict = (marks: Marks, group: Group): string => {
  if (group.endpoints.length === 0)
    return group.unknown.length === 0 ? 'bridges only, nothing to pass' : 'nothing is known about it';
  if (group.unknown.length === 0 && group.endpoints.every(isChipsetPart)) return 'part of the chipset, nothing to pass';
  const usable = `usable: only its own functions and bridges${describeNeeds(marks, group.endpoints)}`;
  if (group.unknown.length === 0 && group.cards.length === 1)
    return group.endpoints.some(isDisplay) ? `display device, ${usable}` : usable;
  const displays = group.cards.filter(({functions}) => functions.some(isDisplay));
  const [wanted] = displays.length > 0 ? displays : group.cards;
  const own = wanted?.functions.map(({address}) => address) ?? [];
  const kind = displays.length > 0 ? 'display device, ' : '';
  if (isViableFor(group, own)) return `${kind}${usable}`;
  const others = [...endpointsBeside(group, own).map(nameMember), ...group.unknown];
  if (displays.length === 1) return `${kind}not usable alone: shared with ${listWords(others)}`;
  const all = [...group.endpoints.map(nameMember), ...group.unknown];
  return `${kind}not usable alone: ${listWords(all)} go to a guest together or not at all`;
};

const describeNeeds = (marks: Marks, endpoints: readonly PciOutline[]): string => {
  let isUsed = false;
  for (const {address} of endpoints)
    for (const use of marks.needs.get(address) ?? nothing) {
      if (use !== 'spare' && use !== 'data') return ', but the host needs it';
      isUsed ||= use === 'data';
    }
  return isUsed ? ', but the host uses it' : '';
};

const nothing: readonly Use[] = [];

export type ListedFacts = GroupFacts<PciOutline> & {
  readonly iommu: Pick<IommuFacts, 'active' | 'acpiTable'>;
  readonly needs: readonly HostNeed[];
  readonly mediated: {readonly parents: readonly Pick<MediatedParent, 'name'>[]};
  readonly kernel: Pick<KernelFacts, 'hypervisor'>;
  readonly boot: Pick<BootFacts, 'commandLine'>;
};

type Group = GroupAnalysis<PciOutline>;
/** `spare`: the host has another that does as well, so nothing speaks against giving this one away. */
type Use = HostNeed['kind'] | 'spare';
/** What is said of a function in brackets. */
type Marks = {
  readonly needs: ReadonlyMap<PciAddress, readonly Use[]>;
  readonly makesSlices: ReadonlySet<string>;
};

const indexNeeds = ({needs, pci}: Pick<ListedFacts, 'needs' | 'pci'>): Marks['needs'] => {
  const groups = new Map(pci.map(({address, iommuGroup}) => [address, iommuGroup]));
  // A group goes as a whole, and a spare in it with the rest.
  const staysBehind = (address: PciAddress, spare: PciAddress): boolean =>
    groups.get(spare) === null || groups.get(spare) !== groups.get(address);
  const kinds = new Map<PciAddress, readonly Use[]>();
  for (const {address, kind, spares} of needs) {
    const use = spares.some((spare) => staysBehind(address, spare)) ? 'spare' : kind;
    const before = kinds.get(address) ?? nothing;
    // Of thousands of network cards nearly all are a spare, and share that list.
    if (before.length === 0) kinds.set(address, use === 'spare' ? spareAlone : [use]);
    else if (!before.includes(use)) kinds.set(address, [...before, use]);
  }
  return kinds;
};

const spareAlone: readonly Use[] = ['spare'];

/** The `groups` command: lines without colour, groups in numeric order, functions without a group last. */
export const describeGroups = (facts: ListedFacts): readonly string[] => {
  const marks = {
    needs: indexNeeds(facts),
    makesSlices: new Set(facts.mediated.parents.map(({name}) => name)),
  };
  const lines: string[] = [];
  for (const group of analyseGroups(facts)) {
    for (const line of describeGroup(marks, group)) lines.push(line);
    lines.push('');
  }
  return lines.concat(describeUngrouped(facts, marks));
};

const describeGroup = (marks: Marks, group: Group): readonly string[] => [
  `Group ${group.id}: ${describeVerdict(marks, group)}`,
  ...describeTree(marks, group.members),
  ...group.unknown.map((address) => `  ${address}  (the host says nothing else about it)`),
  ...(group.cards.length > 1 || group.members.some(({address}) => isBehindVmd(address))
    ? explainSharing(group).map((reason) => `  why: ${reason}`)
    : []),
];

/** Bridges of the group first, what sits behind them indented below. */
const describeTree = (marks: Marks, members: readonly PciOutline[]): readonly string[] => {
  const [first] = members;
  if (first === undefined) return [];
  if (members.length === 1) return [`  ${describeMember(marks, first, true)}`];
  const children = childrenByParent(members);
  const below = (parent: PciAddress | null, depth: number): readonly string[] =>
    (children.get(parent) ?? []).flatMap((one) => [
      `${'  '.repeat(depth)}${describeMember(marks, one, depth === 1)}`,
      ...below(one.address, depth + 1),
    ]);
  return below(null, 1);
};

/** A member's parent is the nearest bridge above it within the group; `null` for the top. */
const childrenByParent = (members: readonly PciOutline[]): ReadonlyMap<PciAddress | null, readonly PciOutline[]> => {
  const inGroup = new Set(members.map((one) => one.address));
  const children = new Map<PciAddress | null, PciOutline[]>();
  for (const one of members) {
    const parent = one.upstream.findLast((bridge) => inGroup.has(bridge)) ?? null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [one]);
    else siblings.push(one);
  }
  return children;
};
