import type {PlanContext} from '../context.ts';
import type {GuestCell, PinningPlan} from '../plan.ts';
import {distanceBetween} from './choose-node.ts';

/** One guest node for each host node, with its vCPUs, its share of the memory, and the host's distances. */
export const chooseCells = (
  context: PlanContext,
  nodes: readonly number[],
  sharesKiB: readonly number[],
  pinning: PinningPlan,
): readonly GuestCell[] => {
  const nodeOfCpu = new Map(context.facts.cpu.cpus.map((cpu) => [cpu.id, cpu.node]));
  const matrix = nodes.map((from) => nodes.map((to) => distanceBetween(context.facts, from, to)));
  const isPossible = matrix.every((row, from) => row.every((distance, to) => isGuestDistance(distance, from === to)));
  context.decide(
    'guest.numaCell',
    `${nodes.length} guest nodes for host nodes ${nodes.join(', ')}`,
    `${context.profile.cpu.pins === 'auto' ? 'no single node has room for the guest' : 'your pins are on these nodes'}, and one that sees the host's nodes${isPossible ? ' and their distances' : ''} keeps its memory near its threads`,
  );
  return nodes.map((hostNode, cell) => ({
    cell,
    hostNode,
    vcpus: pinning.vcpus.filter(({cpus}) => nodeOfCpu.get(cpus[0] ?? -1) === hostNode).map(({vcpu}) => vcpu),
    memoryKiB: sharesKiB[cell] ?? 0,
    distances: isPossible ? (matrix[cell] ?? null) : null,
  }));
};

/** QEMU takes 10 for a node itself and up to 254 for others; 255 would mean unreachable. */
const isGuestDistance = (distance: number, isSelf: boolean): boolean =>
  isSelf ? distance === 10 : distance > 10 && distance < 255;
