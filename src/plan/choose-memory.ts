import type {HostFacts, NumaNode} from '../host/facts.ts';
import type {PlanContext} from './context.ts';
import {choosePageSize} from './choose-page-size.ts';
import {hasNodeHugepages} from './node-hugepages.ts';
import type {MemoryPlan} from './plan.ts';

export const chooseMemory = (context: PlanContext, cpuNode: number | null): MemoryPlan => {
  const {profile} = context;
  const node = chooseMemoryNode(context, cpuNode);
  const pageKiB = choosePageSize(context);
  const sizeKiB = evenSize(context, pageKiB);
  const hostReserveKiB = chooseReserve(context, node);
  judgeRoom(context, node, sizeKiB, hostReserveKiB);
  const nodes = node === null ? [] : [node];
  if (pageKiB === null) return {sizeKiB, hugepages: null, nodes, hostReserveKiB};
  const pages = sizeKiB / pageKiB;
  context.decide('memory.hugepages', `${pages} pages of ${pageKiB === 1048576 ? '1 GiB' : '2 MiB'}`, `${profile.memory.sizeMiB} MiB divided by the page size, nothing added: QEMU's own memory does not come from them`);
  return {sizeKiB, hugepages: placePages(context, pageKiB, pages, node), nodes, hostReserveKiB};
};

const chooseMemoryNode = (context: PlanContext, cpuNode: number | null): number | null => {
  const {facts, profile} = context;
  const wanted = profile.memory.node === 'auto' ? cpuNode : profile.memory.node;
  if (wanted === null) return facts.nodes.find(hasMemory)?.id ?? null;
  const node = facts.nodes.find((one) => one.id === wanted);
  if (node !== undefined && hasMemory(node)) {
    context.decide('memory.node', `node ${wanted}, strictly`, profile.memory.node === 'auto' ? 'the vCPUs are there; strict placement refuses to start rather than fetch memory across the interconnect' : 'you chose it');
    return wanted;
  }
  const others = facts.nodes.filter(hasMemory).map((one) => one.id);
  context.report('blocker', 'memory-node-unknown', {
    subject: 'memory.node',
    message: node === undefined ? `This machine has no NUMA node ${wanted}.` : `Node ${wanted} has no memory of its own.`,
    remedy: `Set memory.node to one of ${others.join(', ')}.`,
  });
  return others[0] ?? null;
};

/** Unknown size counts as memory: many captures carry no meminfo for their nodes. */
const hasMemory = (node: NumaNode): boolean => node.memoryKiB !== 0;

const evenSize = (context: PlanContext, pageKiB: number | null): number => {
  const sizeKiB = context.profile.memory.sizeMiB * 1024;
  if (pageKiB === null || sizeKiB % pageKiB === 0) return sizeKiB;
  const rounded = Math.ceil(sizeKiB / pageKiB) * pageKiB;
  context.report('warning', 'memory-not-multiple', {
    subject: 'memory.size',
    message: `${context.profile.memory.sizeMiB} MiB is not a multiple of the page size; the guest gets ${rounded / 1024} MiB.`,
    remedy: `Set memory.size to ${rounded / 1024} MiB.`,
  });
  return rounded;
};

const minimumReserveKiB = 1048576;

/** A tenth of what the host runs on, at least 1 GiB: of the whole machine where there is one node, else of the node. */
const chooseReserve = (context: PlanContext, node: number | null): number => {
  const wanted = context.profile.memory.hostReserveMiB;
  if (wanted !== 'auto') return wanted * 1024;
  const total = availableOn(context.facts, node);
  if (total === null) return minimumReserveKiB;
  const isOnly = context.facts.nodes.filter(hasMemory).length <= 1;
  const reserve = Math.max(isOnly ? 2 * minimumReserveKiB : minimumReserveKiB, Math.ceil(total / 10 / 1024) * 1024);
  context.decide('memory.hostReserve', `${Math.round(reserve / 1024)} MiB`, `a tenth of ${node === null ? 'the memory' : `node ${node}'s memory`}, and not less than ${isOnly ? 2 : 1} GiB`);
  return reserve;
};

const availableOn = (facts: HostFacts, node: number | null): number | null =>
  node === null ? facts.memory.totalKiB : (facts.nodes.find((one) => one.id === node)?.memoryKiB ?? (facts.nodes.length <= 1 ? facts.memory.totalKiB : null));

const judgeRoom = (context: PlanContext, node: number | null, sizeKiB: number, reserveKiB: number): void => {
  const total = availableOn(context.facts, node);
  if (total === null) return;
  const where = node === null ? 'This machine' : `Node ${node}`;
  const roomMiB = Math.floor(Math.max(0, total - reserveKiB) / 1024);
  // Whole GiB where there are some; a small node still has whole pages of 2 MiB.
  const mostMiB = roomMiB - (roomMiB % (roomMiB >= 1024 ? 1024 : 2));
  const remedy = `Set memory.size to ${mostMiB} MiB or less${context.facts.nodes.length > 1 ? ', or choose another node' : ''}.`;
  if (sizeKiB > total) {
    context.report('blocker', 'memory-too-large', {
      subject: 'memory.size',
      message: `${where} has ${Math.floor(total / 1024)} MiB, and the guest wants ${sizeKiB / 1024} MiB; all of it is pinned for the device's DMA, so nothing can be swapped or shared.`,
      remedy,
    });
  } else if (sizeKiB + reserveKiB > total) {
    context.report('blocker', 'memory-host-reserve', {
      subject: 'memory.size',
      message: `${where} has ${Math.floor(total / 1024)} MiB; with ${sizeKiB / 1024} MiB for the guest only ${Math.floor((total - sizeKiB) / 1024)} MiB stay for the host, less than the reserve of ${Math.round(reserveKiB / 1024)} MiB.`,
      remedy: `${remedy} If the host needs less, lower memory.hostReserve.`,
    });
  }
};

const placePages = (context: PlanContext, sizeKiB: number, pages: number, node: number | null): NonNullable<MemoryPlan['hugepages']> => {
  const {facts} = context;
  const withMemory = facts.nodes.filter(hasMemory);
  const target = node ?? 0;
  const perNode = {[target]: pages};
  if (withMemory.length <= 1 || hasNodeHugepages(facts)) return {sizeKiB, perNode, method: 'argument', bootTotal: pages, release: {}};
  const smallest = withMemory.find((one) => one.memoryKiB !== null && one.memoryKiB < pages * sizeKiB);
  context.report(smallest === undefined ? 'note' : 'warning', 'memory-release-unit', {
    subject: 'memory.hugepages',
    message: smallest === undefined
      ? `${facts.kernel.release === null ? 'The kernel release is unknown, so it is taken for one that' : `Kernel ${facts.kernel.release}`} can't place hugepages on one node at boot: ${pages} pages are allocated on each of ${withMemory.length} nodes, and a unit gives back the rest early in the boot.`
      : `Pages have to be allocated on every node before the rest is given back, but node ${smallest.id} is smaller than the guest: the kernel may then place them unevenly.`,
    remedy: smallest === undefined ? 'Nothing to do; `vfio-pilot verify` counts them after the reboot.' : 'Use a kernel from 5.16 on, which places hugepages on a node by itself.',
  });
  return {
    sizeKiB,
    perNode,
    method: 'release-unit',
    bootTotal: pages * withMemory.length,
    release: Object.fromEntries(withMemory.map((one) => [one.id, one.id === target ? pages : 0])),
  };
};
