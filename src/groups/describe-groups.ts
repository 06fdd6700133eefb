import type {HostFacts, PciAddress, PciFunction} from '../host/facts.ts';
import {analyseGroups, type GroupAnalysis} from './analyse-group.ts';
import {describeMember} from './describe-member.ts';
import {describeVerdict} from './describe-verdict.ts';
import {describeUngrouped} from './describe-ungrouped.ts';
import {explainSharing} from './explain-sharing.ts';

export type ListedFacts = Pick<HostFacts, 'pci' | 'iommu' | 'needs' | 'kernel'>;

/** The `groups` command: lines without colour, groups in numeric order, functions without a group last. */
export const describeGroups = (facts: ListedFacts): readonly string[] => [
  ...analyseGroups(facts).flatMap((group) => [...describeGroup(facts, group), '']),
  ...describeUngrouped(facts),
];

const describeGroup = (facts: ListedFacts, group: GroupAnalysis): readonly string[] => [
  `Group ${group.id}: ${describeVerdict(facts, group)}`,
  ...describeTree(facts, group.members),
  ...group.unknown.map((address) => `  ${address}  (the host tells nothing else about it)`),
  ...(group.cards.length > 1 ? explainSharing(group).map((reason) => `  why: ${reason}`) : []),
];

/** Bridges of the group first, what sits behind them indented below. */
const describeTree = (facts: ListedFacts, members: readonly PciFunction[]): readonly string[] => {
  const children = childrenByParent(members);
  const below = (parent: PciAddress | null, depth: number): readonly string[] =>
    (children.get(parent) ?? []).flatMap((one) => [
      `${'  '.repeat(depth)}${describeMember(facts, one, depth === 1)}`,
      ...below(one.address, depth + 1),
    ]);
  return below(null, 1);
};

/** A member's parent is the nearest bridge above it within the group; `null` for the top. */
const childrenByParent = (members: readonly PciFunction[]): ReadonlyMap<PciAddress | null, readonly PciFunction[]> => {
  const inGroup = new Set(members.map((one) => one.address));
  const children = new Map<PciAddress | null, PciFunction[]>();
  for (const one of members) {
    const parent = one.upstream.findLast((bridge) => inGroup.has(bridge)) ?? null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [one]);
    else siblings.push(one);
  }
  return children;
};
