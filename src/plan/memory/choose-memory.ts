import {kibPerGiB} from '../../facts/memory.ts';
import type {PlanContext} from '../context.ts';
import {chooseCells} from '../placement/choose-cells.ts';
import {dealOut} from '../placement/deal-out.ts';
import {ordinaryUnitKiB} from '../placement/demand.ts';
import type {MemoryPlan, PinningPlan} from '../plan.ts';
import {chooseMemoryNode} from './choose-memory-node.ts';
import {chooseAllocation} from './hugepages/allocation.ts';
import {choosePageSize} from './hugepages/page-size.ts';
import {isOnlyMemory, lockedKiB, memoryOfKiB, reserveKiB} from './node-room.ts';

/** `guestNodes`: the nodes of the vCPUs; with more than one the memory is dealt out among them by their vCPUs. */
export const chooseMemory = (context: PlanContext, guestNodes: readonly number[], pinning: PinningPlan): MemoryPlan => {
  const isSpread = guestNodes.length > 1;
  const nodes = isSpread
    ? guestNodes
    : [chooseMemoryNode(context, guestNodes[0] ?? null)].filter((node) => node !== null);
  const pageKiB = choosePageSize(context);
  const sizeKiB = evenSize(context, pageKiB);
  const shares = dealOut(sizeKiB, pageKiB ?? ordinaryUnitKiB, isSpread ? vcpusOn(context, nodes, pinning) : [1]);
  const homes: readonly (number | null)[] = nodes.length === 0 ? [null] : nodes;
  const hostReserveKiB = Math.max(...homes.map((node) => chooseReserve(context, node)));
  homes.forEach((node, index) => judgeRoom(context, node, shares[index] ?? 0));
  const othersKiB = othersByNode(context);
  const cells = isSpread ? chooseCells(context, nodes, shares, pinning) : null;
  if (pageKiB === null) return {sizeKiB, hugepages: null, nodes: ascending(nodes), hostReserveKiB, othersKiB, cells};
  const pages = sizeKiB / pageKiB;
  const perNode = Object.fromEntries(
    (nodes.length === 0 ? [0] : nodes).map((node, index) => [node, (shares[index] ?? 0) / pageKiB]),
  );
  context.decide(
    'memory.hugepages',
    `${pages} pages of ${pageKiB === kibPerGiB ? '1 GiB' : '2 MiB'}`,
    `${context.profile.memory.sizeMiB} MiB divided by the page size, nothing added: QEMU's own memory does not come from them`,
  );
  return {
    sizeKiB,
    hugepages: chooseAllocation(context, pageKiB, perNode),
    nodes: ascending(nodes),
    hostReserveKiB,
    othersKiB,
    cells,
  };
};

const othersByNode = ({facts, others}: PlanContext): MemoryPlan['othersKiB'] => {
  const perNode = facts.nodes
    .map(({id}) => [id, Math.round(lockedKiB(others, id))] as const)
    .filter(([, size]) => size > 0);
  return perNode.length === 0 ? null : Object.fromEntries(perNode);
};

const ascending = (nodes: readonly number[]): readonly number[] => [...nodes].sort((a, b) => a - b);

const vcpusOn = ({facts}: PlanContext, nodes: readonly number[], pinning: PinningPlan): readonly number[] => {
  const nodeOfCpu = new Map(facts.cpu.cpus.map((cpu) => [cpu.id, cpu.node]));
  return nodes.map((node) => pinning.vcpus.filter(({cpus}) => nodeOfCpu.get(cpus[0] ?? -1) === node).length);
};

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

const chooseReserve = (context: PlanContext, node: number | null): number => {
  const reserve = reserveKiB(context, node);
  if (context.profile.memory.hostReserveMiB === 'auto' && memoryOfKiB(context.facts, node) !== null) {
    context.decide(
      'memory.hostReserve',
      `${Math.round(reserve / 1024)} MiB`,
      `a tenth of ${node === null ? 'the memory' : `node ${node}'s memory`}, and not less than ${isOnlyMemory(context.facts) ? 2 : 1} GiB`,
    );
  }
  return reserve;
};

const judgeRoom = (context: PlanContext, node: number | null, sizeKiB: number): void => {
  const whole = memoryOfKiB(context.facts, node);
  const reserve = reserveKiB(context, node);
  if (whole === null) return;
  const locked = lockedKiB(context.others, node);
  const total = whole - locked;
  const beside = locked === 0 ? '' : ` next to the ${Math.ceil(locked / 1024)} MiB of other guests`;
  const where = node === null ? 'This machine' : `Node ${node}`;
  const roomMiB = Math.floor(Math.max(0, total - reserve) / 1024);
  // Whole GiB where there are some; a small node still has whole pages of 2 MiB.
  const mostMiB = roomMiB - (roomMiB % (roomMiB >= 1024 ? 1024 : 2));
  const remedy = `Set memory.size to ${mostMiB} MiB or less${context.facts.nodes.length > 1 ? ', or choose another node' : ''}.`;
  if (sizeKiB > total) {
    context.report('blocker', 'memory-too-large', {
      subject: 'memory.size',
      message: `${where} has ${Math.floor(Math.max(0, total) / 1024)} MiB${beside}, and the guest wants ${sizeKiB / 1024} MiB; all of it is pinned for the device's DMA, so nothing can be swapped or shared.`,
      remedy,
    });
  } else if (sizeKiB + reserve > total) {
    context.report('blocker', 'memory-host-reserve', {
      subject: 'memory.size',
      message: `${where} has ${Math.floor(total / 1024)} MiB${beside}; with ${sizeKiB / 1024} MiB for the guest only ${Math.floor((total - sizeKiB) / 1024)} MiB stay for the host, less than the reserve of ${Math.round(reserve / 1024)} MiB.`,
      remedy: `${remedy} If the host needs less, lower memory.hostReserve.`,
    });
  }
};
