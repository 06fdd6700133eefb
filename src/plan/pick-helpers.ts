import {firstThread} from './cores.ts';
import type {Core} from './cores.ts';
import type {Machine} from './placement-cost.ts';

export type Helpers = {readonly emulator: readonly number[]; readonly iothreads: readonly (readonly number[])[]};

/**
 * CPUs of QEMU's own threads: the first free core for the disk; for the emulator one on each node of the guest, because
 * QEMU allocates memory in threads that must run there. Where the guest has all cores of a node, the emulator shares a
 * CPU with the last vCPU of that node: the guest would not start otherwise (seen with libvirt 9.0 and QEMU 7.2).
 */
export const pickHelpers = (machine: Machine, used: ReadonlySet<number>, nodes: readonly (number | null)[]): Helpers => {
  const free = freeCores(machine, used, nodes);
  const [first, second] = free;
  if (first === undefined) return {emulator: [], iothreads: []};
  const own = nodes.flatMap((node) => {
    const here = free.filter((core) => core.node === node);
    return here.find((core) => core !== first) ?? here[0] ?? [];
  });
  const elsewhere = second?.node === first.node ? second : first;
  const shared = nodes.flatMap((node) => (node === null || own.some((core) => core.node === node) ? [] : lastUsed(machine, used, node)));
  return {emulator: [...(own.length > 0 ? own : [elsewhere]).flatMap((core) => core.threads), ...shared], iothreads: [first.threads]};
};

const lastUsed = ({cores}: Machine, used: ReadonlySet<number>, node: number): readonly number[] => {
  const cpu = cores.filter((core) => core.node === node).flatMap((core) => core.threads).findLast((thread) => used.has(thread));
  return cpu === undefined ? [] : [cpu];
};

/**
 * Of the guest's nodes first, then of the nearest; among them isolated cores last, where the kernel spreads no threads,
 * and before those that of CPU 0.
 */
const freeCores = ({cores, distanceOf}: Machine, used: ReadonlySet<number>, nodes: readonly (number | null)[]): readonly Core[] => {
  const rank = (core: Core): number => (nodes.includes(core.node) ? nodes.indexOf(core.node) - nodes.length : distanceOf(core.node));
  return cores
    .filter((core) => !core.threads.some((thread) => used.has(thread)))
    .sort((a, b) => rank(a) - rank(b) || Number(a.isIsolated) - Number(b.isIsolated) || Number(a.hasCpu0) - Number(b.hasCpu0) || firstThread(a) - firstThread(b));
};
