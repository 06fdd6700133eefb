import fc from 'fast-check';
import {expect, it} from 'vitest';
import type {Core} from '../../src/facts/cores.ts';
import type {PickCost} from '../../src/plan/placement/cost.ts';
import {pickCores, type PickRule} from '../../src/plan/placement/place.ts';

/** Cost of a set of cores, from the words of its type; a run is a row of neighbours in one domain. */
const costOf = (
  chosen: readonly Core[],
  all: readonly Core[],
  {threads, largestKiB, prefersCache}: PickRule,
): PickCost => {
  const domains = new Set(chosen.map((core) => core.domain));
  const missingKiB = chosen.reduce((sum, core) => sum + largestKiB - core.l3KiB, 0);
  const runs = [...domains].flatMap((domain) => {
    const local = all.filter((core) => core.domain === domain);
    return local.filter((core, index) => chosen.includes(core) && !chosen.includes(local[index - 1] as Core));
  }).length;
  return {
    partialCores: chosen.filter((core) => core.threads.length > threads).length,
    domains: domains.size,
    preferredCacheKiB: prefersCache ? missingKiB : 0,
    duties: chosen.filter((core) => core.hasDuty).length,
    missingCacheKiB: missingKiB,
    runs,
  };
};

/** What outweighs what, said once more than in the code. */
const parts = ['partialCores', 'domains', 'preferredCacheKiB', 'duties', 'missingCacheKiB', 'runs'] as const;

const isCheaper = (one: PickCost, other: PickCost): boolean => {
  const part = parts.find((name) => one[name] !== other[name]);
  return part !== undefined && one[part] < other[part];
};

const subsets = (cores: readonly Core[]): readonly (readonly Core[])[] =>
  cores.reduce<readonly (readonly Core[])[]>((sets, core) => [...sets, ...sets.map((set) => [...set, core])], [[]]);

const plain: Core = {
  threads: [],
  node: 0,
  package: 0,
  kind: 'core',
  domain: '',
  hasL3: true,
  l3KiB: 0,
  hasCpu0: false,
  hasDuty: false,
  isIsolated: false,
};
const coreShape = fc.record({
  domain: fc.nat(2),
  threads: fc.integer({min: 1, max: 3}),
  l3KiB: fc.constantFrom(16, 32, 96),
  hasDuty: fc.boolean(),
  isEligible: fc.boolean(),
});

it('of each number the cheapest set of cores is picked, as an exhaustive search finds it', () => {
  fc.assert(
    fc.property(
      fc.array(coreShape, {maxLength: 8}),
      fc.integer({min: 1, max: 2}),
      fc.boolean(),
      fc.nat(8),
      (shapes, threads, prefersCache, most) => {
        const eligible = new Set<Core>();
        const cores = shapes.map((shape, index): Core => {
          const core = {
            ...plain,
            domain: String(shape.domain),
            threads: Array.from({length: shape.threads}, (_, thread) => index * 4 + thread),
            l3KiB: shape.l3KiB,
            hasDuty: shape.hasDuty,
          };
          if (shape.isEligible) eligible.add(core);
          return core;
        });
        const rule: PickRule = {threads, isEligible: (core) => eligible.has(core), largestKiB: 96, prefersCache, most};
        const picks = pickCores(cores, rule);
        for (let count = 0; count <= most; count += 1) {
          const costs = subsets(cores.filter(rule.isEligible))
            .filter((set) => set.length === count)
            .map((set) => costOf(set, cores, rule));
          const best = costs.reduce<PickCost | undefined>(
            (known, cost) => (known === undefined || isCheaper(cost, known) ? cost : known),
            undefined,
          );
          const pick = picks[count];
          expect(pick?.cost).toEqual(best);
          if (pick !== undefined) expect([pick.cores.length, costOf(pick.cores, cores, rule)]).toEqual([count, best]);
        }
      },
    ),
    {numRuns: 500},
  );
});
