import {chooseAllocation} from './choose-allocation.ts';
import {chooseCells} from './choose-cells.ts';
import {chooseMemoryNode} from './choose-memory-node.ts';
import {choosePageSize} from './choose-page-size.ts';
import type {PlanContext} from './context.ts';
import {dealOut} from './deal-out.ts';
import {ordinaryUnitKiB} from './guest-demand.ts';
import {lockedKiB} from './locked-memory.ts';
import {isOnlyMemory, memoryOfKiB, reserveKiB} from './node-room.ts';
import type {MemoryPlan, PinningPlan} from './plan.ts';

/** `guestNodes`: the nodes of the vCPUs; with more than one the memory is dealt out among them by their vCPUs. */
export const chooseMemory = (context: PlanContext, guestNodes: readonly number[], pinning: PinningPlan): MemoryPlan => {
  const isSpread = guestNodes.length > 1;
  const nodes = isSpread ? guestNodes : [chooseMemoryNode(context, guestNodes[0] ?? null)].filter((node) => node !== null);
  const pageKiB = choosePageSize(context);
  const sizeKiB = evenSize(context, pageKiB);
  const shares = dealOut(sizeKiB, pageKiB ?? ordinaryUnitKiB, isSpread ? vcpusOn(context, nodes, pinning) : [1]);
  const homes: readonly (number | null)[] = nodes.length === 0 ? [null] : nodes;
  const hostReserveKiB = Math.max(...homes.map((node) => chooseReserve(context, node)));
  homes.forEach((node, index) => judgeRoom(context, node, shares[index] ?? 0));
  const others = describeOthers(context);
  const cells = isSpread ? {cells: chooseCells(context, nodes, shares, pinning)} : {};
  if (pageKiB === null) return {sizeKiB, hugepages: null, nodes: ascending(nodes), hostReserveKiB, ...others, ...cells};
  const pages = sizeKiB / pageKiB;
  const perNode = Object.fromEntries((nodes.length === 0 ? [0] : nodes).map((node, index) => [node, (shares[index] ?? 0) / pageKiB]));
  context.decide('memory.hugepages', `${pages} pages of ${pageKiB === 1048576 ? '1 GiB' : '2 MiB'}`, `${context.profile.memory.sizeMiB} MiB divided by the page size, nothing added: QEMU's own memory does not come from them`);
  return {sizeKiB, hugepages: chooseAllocation(context, pageKiB, perNode), nodes: ascending(nodes), hostReserveKiB, ...others, ...cells};
};

const describeOthers = ({facts, others}: PlanContext): Pick<MemoryPlan, 'othersKiB'> => {
  const perNode = facts.nodes.map(({id}) => [id, Math.round(lockedKiB(others, id))] as const).filter(([, size]) => size > 0);
  return perNode.length === 0 ? {} : {othersKiB: Object.fromEntries(perNode)};
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
    context.decide('memory.hostReserve', `${Math.round(reserve / 1024)} MiB`, `a tenth of ${node === null ? 'the memory' : `node ${node}'s memory`}, and not less than ${isOnlyMemory(context.facts) ? 2 : 1} GiB`);
  }
  return reserve;
};

const judgeRoom = (context: PlanContext, node: number | null, sizeKiB: number): void => {
  const whole = memoryOfKiB(context.facts, node);
  const reserve = reserveKiB(context, node);
  if (whole === null) return;
  const locked = lockedKiB(context.others, node);
  const total = whole - locked;
  const beside = locked === 0 ? '' : ` beside the ${Math.ceil(locked / 1024)} MiB of other guests`;
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
