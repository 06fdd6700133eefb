import type {CpuKind} from '../host/facts.ts';
import type {Home} from './choose-node.ts';
import type {PlanContext} from './context.ts';
import {groupCores} from './cores.ts';
import type {Core} from './cores.ts';
import type {GuestDemand} from './guest-demand.ts';
import type {Machine} from './placement-cost.ts';

const kinds: readonly CpuKind[] = ['performance', 'core', 'efficiency'];

/** No placement keeps to the rules: says which nodes were asked, what they have, and how many vCPUs would fit. */
export const reportTooFew = (context: PlanContext, machine: Machine, demand: GuestDemand, {home}: Home): void => {
  if (machine.cores.length === 0) return reportNoCpus(context);
  const {vcpus} = context.profile.cpu;
  const nodes = [...groupCores(machine.cores, (core) => core.node)].filter(([node]) => demand.isAllowed(node));
  const cores = nodes.flatMap(([, local]) => local);
  const counts = Array.from({length: vcpus - 1}, (_, index) => vcpus - 1 - index);
  const most = counts.find((count) => canPlace(count, nodes.map(([, local]) => local), machine.cores.length, demand.mostNodes));
  const isSpread = demand.mostNodes > 1 && nodes.length > 1;
  const where = home === null ? 'this machine' : isSpread ? `nodes ${nodes.map(([node]) => node).join(', ')}, in equal parts` : `node ${home}`;
  context.report('blocker', 'cpu-too-few-cores', {
    subject: 'cpu.vcpus',
    message: `${vcpus} vCPUs need whole cores of one kind on ${where}, which ${isSpread ? 'have' : 'has'} ${describeStock(cores)}, and the host needs at least one core of the machine for itself.`,
    remedy: most === undefined ? 'This machine is too small for a pinned guest.' : `Set cpu.vcpus to ${most} or less${isSpread ? '' : `, or choose another node${reasonToStay(context)}`}.`,
  });
};

const reportNoCpus = (context: PlanContext): void =>
  context.report('blocker', 'cpu-too-few-cores', {
    subject: 'cpu.vcpus',
    message: 'Neither /sys/devices/system/cpu nor /proc/cpuinfo tells of a CPU here, so none can be given to the guest.',
    remedy: 'Plan on the machine itself, or on a capture of it that has these files.',
  });

const reasonToStay = ({profile}: PlanContext): string => {
  if (profile.cpu.node !== 'auto') return ' (cpu.node: auto may take several)';
  if (profile.memory.node !== 'auto') return ' (memory.node: auto may take several)';
  return profile.guest.numaCell === false ? ' (guest.numaCell: auto may take several)' : '';
};

/** By counting alone, as choosePlacement would find it. */
const canPlace = (vcpus: number, nodes: readonly (readonly Core[])[], allCores: number, mostNodes: number): boolean =>
  kinds.some((kind) => {
    const most = Math.max(0, ...nodes.flat().map((core) => core.threads.length));
    return Array.from({length: most}, (_, index) => index + 1).some((threads) => {
      const count = vcpus / threads;
      if (!Number.isInteger(count) || count >= allCores) return false;
      const stock = nodes.map((cores) => cores.filter((core) => core.kind === kind && core.threads.length >= threads).length);
      return Array.from({length: Math.min(mostNodes, nodes.length, count)}, (_, index) => index + 1)
        .some((parts) => count % parts === 0 && stock.filter((cores) => cores >= count / parts).length >= parts);
    });
  });

const describeStock = (cores: readonly Core[]): string =>
  kinds
    .map((kind) => ({kind, count: cores.filter((core) => core.kind === kind).length}))
    .filter(({count}) => count > 0)
    .map(({kind, count}) => (kind === 'core' ? `${count} cores` : `${count} ${kind} cores`))
    .join(' and ') || 'none';
