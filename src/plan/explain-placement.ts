import type {PlanContext} from './context.ts';
import {groupCores} from './cores.ts';
import type {Core} from './cores.ts';
import type {ChosenPlacement} from './choose-placement.ts';
import type {Machine} from './placement-cost.ts';

export const describeCores = ({cores, threads}: ChosenPlacement): string => cores.map((core) => core.threads.slice(0, threads).join('+')).join(', ');

/** The facts that the choice came from, in the order in which they counted. */
export const explainPlacement = (context: PlanContext, machine: Machine, placed: ChosenPlacement): string => {
  const {cores, threads, nodes} = placed;
  const where = nodes[0] === null ? 'this machine' : `node ${nodes.join(' and node ')}`;
  const parts = [threads > 1 ? `vCPU ${threads === 2 ? 'pairs' : `groups of ${threads}`} sit on the threads of one core (siblings as the kernel lists them)` : 'one core for each vCPU'];
  parts.push(`all on ${where}`);
  if (cores.every((core) => core.hasL3)) parts.push(describeDomains(cores));
  if (cores[0]?.kind === 'performance') parts.push('performance cores only');
  if (cores[0]?.kind === 'efficiency') parts.push('efficiency cores only, as there are too few performance cores');
  const cache = explainCache(context, machine, placed);
  if (cache !== null) parts.push(cache);
  if (machine.cores.some((core) => core.hasCpu0)) parts.push(explainCpu0(machine, placed));
  return parts.join(', ');
};

const explainCpu0 = ({cores: all, prefersCache}: Machine, {cores, threads, nodes}: ChosenPlacement): string => {
  const hasOthers = all.some((core) => core.hasDuty && !core.hasCpu0);
  if (!cores.some((core) => core.hasDuty)) return hasOthers ? 'the core of CPU 0 and those that irqaffinity or isolcpus keep for the host stay with it' : 'the core of CPU 0 stays with the host';
  if (!cores.some((core) => core.hasCpu0)) return 'some of them are kept for the host by irqaffinity or isolcpus, as there are too few others';
  const others = all.filter((core) => nodes.includes(core.node) && core.kind === cores[0]?.kind && !core.hasCpu0 && core.domain !== cores[0]?.domain);
  const isForCache = prefersCache && new Set(cores.map((core) => core.domain)).size === 1 && others.length >= cores.length && others.some((core) => core.l3KiB < (cores[0]?.l3KiB ?? 0));
  return isForCache
    ? `the core of CPU 0 is among them, as the cache is worth more to a game (${(cores.length - 1) * threads} vCPUs would leave it to the host)`
    : 'the core of CPU 0 is among them, as fewer would be left otherwise';
};

const mib = (kiB: number): string => `${Number((kiB / 1024).toFixed(1))} MiB`;

const describeDomains = (cores: readonly Core[]): string => {
  const domains = [...groupCores(cores, (core) => core.domain).values()];
  const sizes = [...new Set(domains.map((domain) => domain[0]?.l3KiB ?? 0))].filter((size) => size > 0).sort((a, b) => b - a);
  const of = sizes.length === 0 ? '' : ` of ${sizes.map(mib).join(' and ')}`;
  return domains.length === 1 ? `one shared level-3 cache${of}` : `${domains.length} level-3 domains${of}`;
};

/** A part with stacked cache (X3D) has level-3 caches of unequal size. */
const explainCache = (context: PlanContext, machine: Machine, {cores, nodes, threads}: ChosenPlacement): string | null => {
  const near = machine.cores.filter((core) => nodes.includes(core.node) && core.hasL3 && core.l3KiB > 0 && core.kind === cores[0]?.kind);
  const sizes = [...new Set(near.map((core) => core.l3KiB))].sort((a, b) => b - a);
  const [largest, next] = sizes;
  if (largest === undefined || next === undefined) return null;
  if (cores.every((core) => core.l3KiB === largest)) return `the domain with the large cache, ${mib(largest)} instead of ${mib(next)}${machine.prefersCache ? ', as a guest with a graphics card is taken for one that plays games' : ''}`;
  if (cores.some((core) => core.l3KiB === largest)) return `the guest needs more cores than the large cache of ${mib(largest)} has`;
  if (machine.prefersCache) return `not the domain with the large cache of ${mib(largest)}, which has too few cores`;
  const room = Math.max(...[...groupCores(near.filter((core) => core.l3KiB === largest), (core) => core.domain).values()].map((domain) => domain.filter((core) => !core.hasCpu0).length));
  const fit = room * threads;
  const hint = fit > 0 && fit < context.profile.cpu.vcpus ? `; up to ${fit} vCPUs would fit there` : '';
  return `not the domain with the large cache of ${mib(largest)}, which is too small without the core of CPU 0${hint}`;
};
