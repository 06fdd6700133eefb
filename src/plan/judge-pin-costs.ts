import type {PlanContext} from './context.ts';
import {groupCores} from './cores.ts';
import type {Core} from './cores.ts';

/** What the user's pins cost although they are possible: more caches than needed, slow cores. */
export const judgePinCosts = (context: PlanContext, pins: readonly number[], used: readonly Core[], all: readonly Core[]): void => {
  judgeCaches(context, pins, used, all);
  judgeSlowCores(context, used, all);
};

const judgeCaches = (context: PlanContext, pins: readonly number[], used: readonly Core[], all: readonly Core[]): void => {
  const nodes = new Set(used.map((core) => core.node));
  if (nodes.size !== 1 || !used.every((core) => core.hasL3)) return;
  const domains = new Set(used.map((core) => core.domain)).size;
  const needed = fewestDomains(all.filter((core) => nodes.has(core.node) && core.kind === used[0]?.kind), pins.length);
  if (domains <= needed) return;
  context.report('warning', 'cpu-pin-spans-caches', {
    subject: 'cpu.pins',
    message: `The vCPUs are pinned across ${domains} level-3 caches where ${needed} would do: threads that share data fetch it from another cache.`,
    remedy: 'Choose CPUs that share a level-3 cache (`vfio-pilot topology` shows them), or cpu.pins: auto.',
  });
};

const fewestDomains = (cores: readonly Core[], threads: number): number => {
  const sizes = [...groupCores(cores, (core) => core.domain).values()].map((domain) => domain.reduce((sum, core) => sum + core.threads.length, 0));
  let [count, room] = [0, 0];
  for (const size of sizes.sort((a, b) => b - a)) {
    if (room >= threads) break;
    room += size;
    count += 1;
  }
  return count;
};

const judgeSlowCores = (context: PlanContext, used: readonly Core[], all: readonly Core[]): void => {
  const fast = all.filter((core) => core.kind === 'performance').length;
  if (fast === 0 || !used.every((core) => core.kind === 'efficiency')) return;
  context.report('note', 'cpu-pin-slow-cores', {
    subject: 'cpu.pins',
    message: `All vCPUs are pinned to efficiency cores, although this machine has ${fast} performance core${fast === 1 ? '' : 's'}: the guest is slower than it could be.`,
    remedy: 'Nothing to do if the performance cores are meant for the host; else choose them, or cpu.pins: auto.',
  });
};
