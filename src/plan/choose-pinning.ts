import {chooseCores} from './choose-cores.ts';
import {chooseHelpers} from './choose-helpers.ts';
import type {PlanContext} from './context.ts';
import {coresOf} from './cores.ts';
import type {Core} from './cores.ts';
import {judgePins} from './judge-pins.ts';
import type {PinningPlan} from './plan.ts';

export const choosePinning = (context: PlanContext, node: number | null): PinningPlan => {
  const all = coresOf(context.facts);
  const local = all.filter((core) => node === null || core.node === node);
  const pins = context.profile.cpu.pins === 'auto' ? choosePins(context, local, node) : judgePins(context, context.profile.cpu.pins, all, node);
  const topology = truthfulTopology(pins, all);
  const used = new Set(pins);
  const helpers = chooseHelpers(context, {all, local, used, node});
  return {
    vcpus: pins.map((cpu, vcpu) => ({vcpu, cpus: [cpu]})),
    ...helpers,
    hostNodes: nodesOf(pins, all, node),
    topology,
  };
};

/** Host CPU of vCPU 0, 1, …; empty when the node has too few cores. */
const choosePins = (context: PlanContext, local: readonly Core[], node: number | null): readonly number[] => {
  const {vcpus} = context.profile.cpu;
  const smt = smtOf(local);
  const isWhole = vcpus % smt === 0;
  const wanted = isWhole ? vcpus / smt : vcpus;
  const chosen = chooseCores(local, wanted) ?? null;
  const where = node === null ? 'this machine' : `node ${node}`;
  if (chosen === null || chosen.length >= coresOf(context.facts).length) {
    context.report('blocker', 'cpu-too-few-cores', {
      subject: 'cpu.vcpus',
      message: `${vcpus} vCPUs need ${wanted} whole cores of one kind on ${where}, which has ${describeStock(local)}${chosen === null ? '' : ', and the host needs at least one for itself'}.`,
      remedy: `Set cpu.vcpus to ${Math.max(1, (largestKind(local) - (chosen === null ? 0 : 1)) * smt)} or less, or choose another node.`,
    });
    return [];
  }
  if (!isWhole) {
    context.report('note', 'cpu-pin-splits-core', {
      subject: 'cpu.vcpus',
      message: `${vcpus} is not a multiple of ${smt} threads per core: each vCPU gets a core of its own and the sibling threads stay idle.`,
      remedy: `Take ${vcpus + (smt - (vcpus % smt))} vCPUs to use whole cores.`,
    });
  }
  const threads = isWhole ? smt : 1;
  context.decide('cpu.pins', describeCores(chosen), describeChoice(chosen, where, threads));
  return chosen.flatMap((core) => core.threads.slice(0, threads));
};

/** Threads per core that all cores of the kind that would be chosen have; mixed parts count as their smaller number. */
const smtOf = (cores: readonly Core[]): number => {
  const preferred = cores.some((core) => core.kind === 'performance') ? cores.filter((core) => core.kind === 'performance') : cores;
  return Math.max(1, Math.min(...preferred.map((core) => core.threads.length)));
};

const largestKind = (cores: readonly Core[]): number =>
  Math.max(0, ...(['performance', 'core', 'efficiency'] as const).map((kind) => cores.filter((core) => core.kind === kind).length));

const describeStock = (cores: readonly Core[]): string => {
  const kinds = (['performance', 'core', 'efficiency'] as const)
    .map((kind) => ({kind, count: cores.filter((core) => core.kind === kind).length}))
    .filter(({count}) => count > 0);
  return kinds.map(({kind, count}) => (kind === 'core' ? `${count} cores` : `${count} ${kind} cores`)).join(' and ') || 'none';
};

const describeCores = (cores: readonly Core[]): string => cores.map((core) => core.threads.join('+')).join(', ');

const describeChoice = (cores: readonly Core[], where: string, threads: number): string => {
  const domains = new Set(cores.map((core) => core.l3)).size;
  const parts = [threads > 1 ? `vCPU pairs sit on the ${threads} threads of one core (siblings as the kernel lists them)` : 'one core for each vCPU'];
  parts.push(`all on ${where}`);
  if (cores.every((core) => core.l3 >= 0)) parts.push(domains === 1 ? 'one shared level-3 cache' : `${domains} level-3 domains`);
  if (cores[0]?.kind === 'performance') parts.push('performance cores only');
  if (!cores.some((core) => core.hasCpu0)) parts.push('the core of CPU 0 stays with the host');
  return parts.join(', ');
};

/** What the guest is told must be so: threads=2 only when every vCPU pair really is one core. */
const truthfulTopology = (pins: readonly number[], cores: readonly Core[]): PinningPlan['topology'] => {
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const sizes = [8, 4, 2].filter((size) => pins.length % size === 0 && pins.length > 0);
  const threads = sizes.find((size) => isWholeCores(pins, size, coreOfCpu)) ?? 1;
  return {sockets: 1, dies: 1, cores: Math.max(1, pins.length / threads), threads};
};

const isWholeCores = (pins: readonly number[], size: number, coreOfCpu: ReadonlyMap<number, Core>): boolean => {
  for (let first = 0; first < pins.length; first += size) {
    const group = pins.slice(first, first + size);
    const core = coreOfCpu.get(group[0] ?? -1);
    if (core === undefined || core.threads.length !== size || !group.every((cpu) => core.threads.includes(cpu))) return false;
  }
  return true;
};

const nodesOf = (pins: readonly number[], cores: readonly Core[], fallback: number | null): readonly number[] => {
  const nodes = new Set(cores.filter((core) => core.threads.some((thread) => pins.includes(thread))).map((core) => core.node));
  const known = [...nodes].filter((node) => node !== null).sort((a, b) => a - b);
  return known.length > 0 ? known : fallback === null ? [] : [fallback];
};
