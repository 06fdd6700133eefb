import type {HostFacts, NumaNode} from '../host/facts.ts';
import type {PlanContext} from './context.ts';
import {lockedKiB} from './locked-memory.ts';

/** Unknown size counts as memory: many captures carry no meminfo for their nodes. */
export const hasMemory = (node: NumaNode): boolean => node.memoryKiB !== 0;

export const memoryOfKiB = (facts: HostFacts, node: number | null): number | null =>
  node === null ? facts.memory.totalKiB : (facts.nodes.find((one) => one.id === node)?.memoryKiB ?? (facts.nodes.length <= 1 ? facts.memory.totalKiB : null));

const gibibyteKiB = 1048576;

export const isOnlyMemory = (facts: HostFacts): boolean => facts.nodes.filter(hasMemory).length <= 1;

/** A tenth of what the host runs on, at least 1 GiB: of the whole machine where there is one node, else of the node. */
export const reserveKiB = ({facts, profile}: PlanContext, node: number | null): number => {
  const wanted = profile.memory.hostReserveMiB;
  if (wanted !== 'auto') return wanted * 1024;
  const total = memoryOfKiB(facts, node);
  if (total === null) return gibibyteKiB;
  return Math.max(isOnlyMemory(facts) ? 2 * gibibyteKiB : gibibyteKiB, Math.ceil(total / 10 / 1024) * 1024);
};

/** What a guest may take of the node; unknown is taken for enough. */
export const roomKiB = (context: PlanContext, node: number | null): number => {
  const total = memoryOfKiB(context.facts, node);
  return total === null ? Infinity : Math.max(0, total - reserveKiB(context, node) - lockedKiB(context.others, node));
};
