import {type Core, groupCores} from '../../facts/cores.ts';
import type {CpuKind} from '../../facts/cpu.ts';
import type {PlanContext} from '../context.ts';
import {type Home, usableNodes} from './choose-node.ts';
import type {CoreMap} from './cost.ts';
import type {GuestDemand} from './demand.ts';
import type {ChosenPlacement} from './place.ts';
import {listWords} from '../../words/list-words.ts';

const kinds: readonly CpuKind[] = ['performance', 'core', 'efficiency'];

/** No placement keeps to the rules: says which nodes were asked, what they have, and how many vCPUs would fit. */
export const reportTooFew = (context: PlanContext, machine: CoreMap, demand: GuestDemand, {home}: Home): void => {
  if (machine.cores.length === 0) return reportNoCpus(context);
  const {vcpus} = context.profile.cpu;
  const nodes = [...groupCores(machine.cores, (core) => core.node)].filter(([node]) => demand.isAllowed(node));
  const cores = nodes.flatMap(([, local]) => local);
  const most = mostVcpus(machine, demand, vcpus, kinds);
  const isSpread = demand.mostNodes > 1 && nodes.length > 1;
  const where =
    home === null
      ? 'this machine'
      : isSpread
        ? `nodes ${nodes.map(([node]) => node).join(', ')}, in equal parts`
        : `node ${home}`;
  context.report('blocker', 'cpu-too-few-cores', {
    subject: 'cpu.vcpus',
    message: `${vcpus} vCPUs need whole cores of one kind on ${where}, which ${isSpread ? 'have' : 'has'} ${describeStock(cores)}, and the host needs at least one core of the machine for itself.`,
    remedy:
      most === undefined
        ? 'This machine is too small for a pinned guest.'
        : `Set cpu.vcpus to ${most} or less${isSpread || !hasOtherNode(context, home) ? '' : `, or choose another node${reasonToStay(context)}`}.`,
  });
};

const hasOtherNode = ({facts}: PlanContext, home: number | null): boolean =>
  usableNodes(facts).some(({id}) => id !== home);

/** The most vCPUs below `limit` that fit on cores of these kinds. */
const mostVcpus = (
  machine: CoreMap,
  demand: GuestDemand,
  limit: number,
  among: readonly CpuKind[],
): number | undefined => {
  const nodes = [...groupCores(machine.cores, (core) => core.node)]
    .filter(([node]) => demand.isAllowed(node))
    .map(([, local]) => local);
  return Array.from({length: Math.max(0, limit - 1)}, (_, index) => limit - 1 - index).find((count) =>
    canPlace(count, {nodes, allCores: machine.cores.length, mostNodes: demand.mostNodes, among}),
  );
};

/** What the user's own pins are warned of holds for our choice too. */
export const noteSlowCores = (
  context: PlanContext,
  machine: CoreMap,
  demand: GuestDemand,
  {cores}: ChosenPlacement,
): void => {
  if (cores[0]?.kind !== 'efficiency' || machine.cores.every((core) => core.kind !== 'performance')) return;
  const {vcpus} = context.profile.cpu;
  const most = mostVcpus(machine, demand, vcpus, ['performance']);
  context.report('note', 'cpu-pin-slow-cores', {
    subject: 'cpu.vcpus',
    message: `All ${vcpus} vCPUs are on efficiency cores, which are slower: this machine has too few performance cores for them${most === undefined ? '' : `, and ${most} would fit there`}.`,
    remedy: most === undefined ? 'Lower cpu.vcpus.' : `Set cpu.vcpus to ${most} for a guest on performance cores.`,
  });
};

const reportNoCpus = (context: PlanContext): void =>
  context.report('blocker', 'cpu-too-few-cores', {
    subject: 'cpu.vcpus',
    message:
      'Neither /sys/devices/system/cpu nor /proc/cpuinfo tells of a CPU here, so none can be given to the guest.',
    remedy: 'Plan on the machine itself, or on a capture of it that has these files.',
  });

const reasonToStay = ({profile}: PlanContext): string => {
  if (profile.cpu.node !== 'auto') return ' (cpu.node: auto may take several)';
  if (profile.memory.node !== 'auto') return ' (memory.node: auto may take several)';
  return profile.guest.numaCell === false ? ' (guest.numaCell: auto may take several)' : '';
};

type Room = {
  readonly nodes: readonly (readonly Core[])[];
  readonly allCores: number;
  readonly mostNodes: number;
};

/** By counting alone, as choosePlacement would find it. */
const canPlace = (
  vcpus: number,
  {nodes, allCores, mostNodes, among}: Room & {readonly among: readonly CpuKind[]},
): boolean =>
  among.some((kind) => {
    const most = Math.max(0, ...nodes.flat().map((core) => core.threads.length));
    return Array.from({length: most}, (_, index) => index + 1).some((threads) => {
      const count = vcpus / threads;
      if (!Number.isInteger(count) || count >= allCores) return false;
      const stock = nodes.map(
        (cores) => cores.filter((core) => core.kind === kind && core.threads.length >= threads).length,
      );
      return Array.from({length: Math.min(mostNodes, nodes.length, count)}, (_, index) => index + 1).some(
        (parts) => count % parts === 0 && stock.filter((cores) => cores >= count / parts).length >= parts,
      );
    });
  });

const describeStock = (cores: readonly Core[]): string =>
  listWords(
    kinds
      .map((kind) => ({kind, count: cores.filter((core) => core.kind === kind).length}))
      .filter(({count}) => count > 0)
      .map(({kind, count}) => (kind === 'core' ? `${count} cores` : `${count} ${kind} cores`)),
  ) || 'none';

export const describeCores = ({cores, threads}: ChosenPlacement): string =>
  cores.map((core) => core.threads.slice(0, threads).join('+')).join(', ');

/** The facts that the choice came from, in the order in which they counted. */
export const explainPlacement = (context: PlanContext, machine: CoreMap, placed: ChosenPlacement): string => {
  const {cores, threads, nodes} = placed;
  const where = nodes[0] === null ? 'this machine' : `node ${nodes.join(' and node ')}`;
  const parts = [
    !context.can.vcpuPins
      ? 'whole cores, with all of their threads'
      : threads > 1
        ? `vCPU ${threads === 2 ? 'pairs' : `groups of ${threads}`} sit on the threads of one core (siblings as the kernel lists them)`
        : 'one core for each vCPU',
  ];
  parts.push(`all on ${where}`);
  if (cores.every((core) => core.hasL3)) parts.push(describeDomains(cores));
  if (cores[0]?.kind === 'performance') parts.push('performance cores only');
  if (cores[0]?.kind === 'efficiency') parts.push('efficiency cores only, as there are too few performance cores');
  const cache = explainCache(context, machine, placed);
  if (cache !== null) parts.push(cache);
  if (machine.cores.some((core) => core.hasCpu0)) parts.push(explainCpu0(machine, placed));
  return parts.join(', ');
};

const explainCpu0 = ({cores: all, prefersCache}: CoreMap, {cores, threads, nodes}: ChosenPlacement): string => {
  const hasOthers = all.some((core) => core.hasDuty && !core.hasCpu0);
  if (!cores.some((core) => core.hasDuty))
    return hasOthers
      ? 'the core of CPU 0 and those that irqaffinity or isolcpus keep for the host stay with it'
      : 'the core of CPU 0 stays with the host';
  if (!cores.some((core) => core.hasCpu0))
    return 'some of them are kept for the host by irqaffinity or isolcpus, as there are too few others';
  const others = all.filter(
    (core) =>
      nodes.includes(core.node) && core.kind === cores[0]?.kind && !core.hasCpu0 && core.domain !== cores[0]?.domain,
  );
  const isForCache =
    prefersCache &&
    new Set(cores.map((core) => core.domain)).size === 1 &&
    others.length >= cores.length &&
    others.some((core) => core.l3KiB < (cores[0]?.l3KiB ?? 0));
  return isForCache
    ? `the core of CPU 0 is among them, as the cache is worth more to a game (${(cores.length - 1) * threads} vCPUs would leave it to the host)`
    : 'the core of CPU 0 is among them, as fewer would be left otherwise';
};

const mib = (kiB: number): string => `${Number((kiB / 1024).toFixed(1))} MiB`;

const describeDomains = (cores: readonly Core[]): string => {
  const domains = [...groupCores(cores, (core) => core.domain).values()];
  const sizes = [...new Set(domains.map((domain) => domain[0]?.l3KiB ?? 0))]
    .filter((size) => size > 0)
    .sort((a, b) => b - a);
  const of = sizes.length === 0 ? '' : ` of ${listWords(sizes.map(mib))}`;
  return domains.length === 1 ? `one shared level-3 cache${of}` : `${domains.length} level-3 domains${of}`;
};

/** A part with stacked cache (X3D) has level-3 caches of unequal size. */
const explainCache = (
  context: PlanContext,
  machine: CoreMap,
  {cores, nodes, threads}: ChosenPlacement,
): string | null => {
  const near = machine.cores.filter(
    (core) => nodes.includes(core.node) && core.hasL3 && core.l3KiB > 0 && core.kind === cores[0]?.kind,
  );
  const sizes = [...new Set(near.map((core) => core.l3KiB))].sort((a, b) => b - a);
  const [largest, next] = sizes;
  if (largest === undefined || next === undefined) return null;
  if (cores.every((core) => core.l3KiB === largest))
    return `the domain with the large cache, ${mib(largest)} instead of ${mib(next)}${machine.prefersCache ? ', as a guest with a graphics card is taken for one that plays games' : ''}`;
  if (cores.some((core) => core.l3KiB === largest))
    return `the guest needs more cores than the large cache of ${mib(largest)} has`;
  if (machine.prefersCache) return `not the domain with the large cache of ${mib(largest)}, which has too few cores`;
  const room = Math.max(
    ...[
      ...groupCores(
        near.filter((core) => core.l3KiB === largest),
        (core) => core.domain,
      ).values(),
    ].map((domain) => domain.filter((core) => !core.hasCpu0).length),
  );
  const fit = room * threads;
  const hint = fit > 0 && fit < context.profile.cpu.vcpus ? `; up to ${fit} vCPUs would fit there` : '';
  return `not the domain with the large cache of ${mib(largest)}, which is too small without the core of CPU 0${hint}`;
};
