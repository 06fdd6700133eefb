import type {PlanContext} from './context.ts';
import {hasNodeHugepages} from './node-hugepages.ts';
import {hasMemory} from './node-room.ts';
import type {MemoryPlan} from './plan.ts';
import {addPages} from './reserved-pages.ts';

type PerNode = Readonly<Record<string, number>>;

/** How the kernel gets the pages to their nodes at boot. */
export const placePages = (context: PlanContext, sizeKiB: number, perNode: PerNode, reserved: PerNode): NonNullable<MemoryPlan['hugepages']> => {
  const {facts} = context;
  const withMemory = facts.nodes.filter(hasMemory);
  const all = addPages(perNode, reserved);
  const counts = Object.values(all);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const pages = Math.max(...counts);
  const others = Object.keys(reserved).length === 0 ? {} : {reserved};
  if (withMemory.length <= 1 || hasNodeHugepages(facts)) return {sizeKiB, perNode, method: 'argument', bootTotal: total, release: {}, ...others};
  const smallest = withMemory.find((one) => one.memoryKiB !== null && one.memoryKiB < pages * sizeKiB);
  context.report(smallest === undefined ? 'note' : 'warning', 'memory-release-unit', {
    subject: 'memory.hugepages',
    message: smallest === undefined
      ? `${facts.kernel.release === null ? 'The kernel release is unknown, so it is taken for one that' : `Kernel ${facts.kernel.release}`} can't place hugepages on one node at boot: ${pages} pages are allocated on each of ${withMemory.length} nodes, and a unit gives back the rest early in the boot.`
      : `Pages have to be allocated on every node before the rest is given back, but node ${smallest.id} is smaller than what is wanted: the kernel may then place them unevenly.`,
    remedy: smallest === undefined ? 'Nothing to do; `vfio-pilot verify` counts them after the reboot.' : 'Use a kernel from 5.16 on, which places hugepages on a node by itself.',
  });
  return {
    sizeKiB,
    perNode,
    method: 'release-unit',
    bootTotal: pages * withMemory.length,
    release: Object.fromEntries(withMemory.map((one) => [one.id, all[one.id] ?? 0])),
    ...others,
  };
};
