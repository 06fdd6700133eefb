import type {Core} from './cores.ts';
import type {PinningPlan} from './plan.ts';

/**
 * What the guest is told must be so: threads only when every such group really is one core; for a guest on several
 * nodes (`packages`: the owner of each) a socket is a host package and a die one of its nodes.
 */
export const guestTopology = (pins: readonly number[], cores: readonly Core[], packages: readonly (number | null)[]): PinningPlan['topology'] => {
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const sizes = [...new Set(cores.map((core) => core.threads.length))].sort((a, b) => b - a);
  const threads = sizes.flatMap((size) => divisorsOf(size)).find((size) => isSameCores(pins, size, coreOfCpu)) ?? 1;
  const {sockets, dies} = groupDies(packages);
  return {sockets, dies, cores: Math.max(1, pins.length / threads / sockets / dies), threads};
};

const divisorsOf = (size: number): readonly number[] => Array.from({length: size}, (_, index) => size - index);

/** Each group of `size` vCPUs on one core of its own. */
const isSameCores = (pins: readonly number[], size: number, coreOfCpu: ReadonlyMap<number, Core>): boolean => {
  if (pins.length === 0 || pins.length % size !== 0) return false;
  const seen = new Set<Core>();
  for (let first = 0; first < pins.length; first += size) {
    const core = coreOfCpu.get(pins[first] ?? -1);
    if (core === undefined || seen.has(core) || !pins.slice(first, first + size).every((cpu) => core.threads.includes(cpu))) return false;
    seen.add(core);
  }
  return true;
};

const groupDies = (packages: readonly (number | null)[]): {readonly sockets: number; readonly dies: number} => {
  const nodes = Math.max(1, packages.length);
  const owners = [...new Set(packages)];
  const isEven = !owners.includes(null) && owners.every((owner) => packages.filter((one) => one === owner).length * owners.length === nodes);
  return isEven && owners.length > 0 ? {sockets: owners.length, dies: nodes / owners.length} : {sockets: nodes, dies: 1};
};
