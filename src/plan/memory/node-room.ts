import type {HostFacts} from '../../facts/host-facts.ts';
import {kibPerGiB} from '../../facts/memory.ts';
import type {PlanContext} from '../context.ts';
import {hasMemory, type OtherGuest} from '../other-guest.ts';

export const memoryOfKiB = (facts: HostFacts, node: number | null): number | null =>
  node === null
    ? facts.memory.totalKiB
    : (facts.nodes.find((one) => one.id === node)?.memoryKiB ??
      (facts.nodes.length <= 1 ? facts.memory.totalKiB : null));

export const isOnlyMemory = (facts: HostFacts): boolean => facts.nodes.filter(hasMemory).length <= 1;

/** A tenth of what the host runs on, at least 1 GiB: of the whole machine where there is one node, else of the node. */
export const reserveKiB = ({facts, profile}: PlanContext, node: number | null): number => {
  const wanted = profile.memory.hostReserveMiB;
  if (wanted !== 'auto') return wanted * 1024;
  const total = memoryOfKiB(facts, node);
  if (total === null) return kibPerGiB;
  return Math.max(isOnlyMemory(facts) ? 2 * kibPerGiB : kibPerGiB, Math.ceil(total / 10 / 1024) * 1024);
};

/** What a guest may take of the node; unknown is taken for enough. */
export const roomKiB = (context: PlanContext, node: number | null): number => {
  const total = memoryOfKiB(context.facts, node);
  return total === null ? Infinity : Math.max(0, total - reserveKiB(context, node) - lockedKiB(context.others, node));
};

/** Memory of a node, or of the machine, that guests which may run at the same time have to themselves. */
export const lockedKiB = (others: readonly OtherGuest[], node: number | null): number =>
  sum(
    others
      .filter(({mayRunBeside}) => mayRunBeside)
      .map((other) => (node === null ? sum([...other.lockedKiB.values()]) : (other.lockedKiB.get(node) ?? 0))),
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** CPUs that guests which may run at the same time are pinned to. */
export const takenCpus = (others: readonly OtherGuest[]): ReadonlySet<number> =>
  new Set(others.filter(({mayRunBeside}) => mayRunBeside).flatMap(({use}) => use.pinnedCpus));
