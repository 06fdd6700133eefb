import {firstThread, groupCores} from './cores.ts';
import type {Core} from './cores.ts';
import {compareCosts} from './placement-cost.ts';

/** What one node adds to the placement cost: numbers 2, 3, 5, 6, 9 and 10 of it, in that order. */
export type PickCost = readonly [partialCores: number, domains: number, preferredCacheKiB: number, duties: number, smallCacheKiB: number, runs: number];

export type Pick = {readonly cost: PickCost; readonly cores: readonly Core[]};

/** Which cores may be taken, and how many threads of each. */
export type PickRule = {readonly threads: number; readonly isEligible: (core: Core) => boolean; readonly largestKiB: number; readonly prefersCache: boolean; readonly most: number};

/** A list that shares its tail with others, so that thousands of partial choices stay cheap. */
type Chain = {readonly core: Core; readonly rest: Chain} | null;
type State = {readonly cost: PickCost; readonly chain: Chain};

const nothing: State = {cost: [0, 0, 0, 0, 0, 0], chain: null};

/**
 * By number of cores, up to `most`: the cheapest choice among the cores of one node, `undefined` where there are too
 * few. Exact, since the costs of domains add up: a table over the domains, each with its own table over its cores.
 */
export const pickCores = (cores: readonly Core[], rule: PickRule): readonly (Pick | undefined)[] => {
  let best: (State | undefined)[] = [nothing];
  // Backwards, so that of equal choices the one with the lower numbers is met last and wins.
  for (const domain of [...groupCores(cores, (core) => core.domain).values()].reverse()) {
    best = joinTables(best, pickInDomain(domain, rule), rule.most);
  }
  return best.map((state) => (state === undefined ? undefined : {cost: state.cost, cores: listOf(state.chain)}));
};

const joinTables = (others: readonly (State | undefined)[], domain: readonly (State | undefined)[], most: number): (State | undefined)[] => {
  const joined = [...others];
  for (let own = 1; own < domain.length; own += 1) {
    const here = domain[own];
    if (here === undefined) continue;
    for (let rest = 0; rest < others.length && rest + own <= most; rest += 1) {
      const before = others[rest];
      if (before === undefined) continue;
      const cost = addCosts(before.cost, here.cost);
      const known = joined[own + rest];
      if (known === undefined || compareCosts(cost, known.cost) <= 0) joined[own + rest] = {cost, chain: joinChains(here.chain, before.chain)};
    }
  }
  return joined;
};

/** Core by core: for each number the best choice that took the core just seen, and the best that did not. */
const pickInDomain = (domain: readonly Core[], rule: PickRule): readonly (State | undefined)[] => {
  let taken: (State | undefined)[] = [];
  let skipped: (State | undefined)[] = [nothing];
  for (const core of [...domain].reverse()) {
    const nextTaken: (State | undefined)[] = [];
    const nextSkipped = skipped.map((state, count) => better(taken[count], state));
    taken.forEach((state, count) => void (nextSkipped[count] ??= state));
    if (rule.isEligible(core)) {
      const length = Math.min(rule.most, Math.max(taken.length, skipped.length));
      for (let count = 0; count < length; count += 1) {
        const beside = taken[count];
        const apart = skipped[count];
        nextTaken[count + 1] = better(beside && take(beside, core, rule, 0), apart && take(apart, core, rule, 1));
      }
    }
    [taken, skipped] = [nextTaken, nextSkipped];
  }
  return Array.from({length: Math.max(taken.length, skipped.length)}, (_, count) => withDomain(better(taken[count], skipped[count]), count));
};

const better = (a: State | undefined, b: State | undefined): State | undefined =>
  a === undefined ? b : b === undefined || compareCosts(a.cost, b.cost) <= 0 ? a : b;

const take = ({cost, chain}: State, core: Core, {threads, largestKiB, prefersCache}: PickRule, runs: number): State => {
  const shortKiB = largestKiB - core.l3KiB;
  return {
    cost: addCosts(cost, [core.threads.length > threads ? 1 : 0, 0, prefersCache ? shortKiB : 0, core.hasDuty ? 1 : 0, shortKiB, runs]),
    chain: {core, rest: chain},
  };
};

const withDomain = (state: State | undefined, count: number): State | undefined =>
  state === undefined || count === 0 ? state : {cost: addCosts(state.cost, [0, 1, 0, 0, 0, 0]), chain: state.chain};

const addCosts = (a: PickCost, b: PickCost): PickCost => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5]];

const joinChains = (front: Chain, rest: Chain): Chain => listOf(front).reduceRight<Chain>((chain, core) => ({core, rest: chain}), rest);

const listOf = (chain: Chain): readonly Core[] => {
  const cores: Core[] = [];
  for (let link = chain; link !== null; link = link.rest) cores.push(link.core);
  return cores.sort((a, b) => firstThread(a) - firstThread(b));
};
