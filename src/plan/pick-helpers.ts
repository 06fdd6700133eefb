import {firstThread} from './cores.ts';
import type {Core} from './cores.ts';
import type {Machine} from './placement-cost.ts';

type Helpers = {readonly emulator: readonly number[]; readonly iothreads: readonly (readonly number[])[]};

/**
 * Cores of QEMU's own threads, none of them a vCPU's: the first free one for the disk; for the emulator one on each
 * node of the guest, because QEMU allocates memory in threads that must run there.
 */
export const pickHelpers = (machine: Machine, used: ReadonlySet<number>, nodes: readonly (number | null)[]): Helpers => {
  const free = freeCores(machine, used, nodes);
  const [first] = free;
  if (first === undefined) return {emulator: [], iothreads: []};
  const onNodes = nodes.flatMap((node) => {
    const here = free.filter((core) => core.node === node);
    return here.find((core) => core !== first) ?? here[0] ?? [];
  });
  const elsewhere = free[1]?.node === first.node ? free[1] : first;
  return {emulator: (onNodes.length > 0 ? onNodes : [elsewhere]).flatMap((core) => core.threads), iothreads: [first.threads]};
};

/** Of the guest's nodes first, the core of CPU 0 last among them, then of the nearest nodes. */
const freeCores = ({cores, distanceOf}: Machine, used: ReadonlySet<number>, nodes: readonly (number | null)[]): readonly Core[] => {
  const rank = (core: Core): number => (nodes.includes(core.node) ? nodes.indexOf(core.node) - nodes.length : distanceOf(core.node));
  return cores
    .filter((core) => !core.threads.some((thread) => used.has(thread)))
    .sort((a, b) => rank(a) - rank(b) || Number(a.hasCpu0) - Number(b.hasCpu0) || firstThread(a) - firstThread(b));
};
