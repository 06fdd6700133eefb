import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {chooseNode} from '../../src/plan/placement/choose-node.ts';
import {placementCost, type PlacementCost} from '../../src/plan/placement/cost.ts';
import {demandOf} from '../../src/plan/placement/demand.ts';
import {coreMapOf} from '../../src/plan/placement/core-map.ts';
import {choosePlacement, prefersCache} from '../../src/plan/placement/place.ts';
import {contextOf, planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {brokenPromises} from '../support/check-plan.ts';
import {leastCost} from '../support/exhaustive-placement.ts';
import {nastyFacts, nastyShapes, renumber} from '../support/nasty-machines.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {bySize} from '../support/sizes.ts';

const vcpuCounts = fc.oneof(fc.constantFrom(1, 2, 4, 6, 8, 12, 16), fc.integer({min: 1, max: 40}));
const memorySizes = fc.constantFrom(1024, 2048, 12288, 12289, 30720, 65536);

/** Machine and demand as the plan sees them. */
const sight = (facts: HostFacts, profile: Profile) => {
  const {context} = contextOf(facts, profile, () => null);
  const assigned = facts.pci.map((device) => ({
    name: device.address,
    isDisplay: device.class.startsWith('03'),
    numaNode: device.numaNode,
  }));
  const home = chooseNode(context, {assigned, groupMates: []} as unknown as Parameters<typeof chooseNode>[1]);
  return {
    machine: coreMapOf(facts, home, {prefersCache: prefersCache(context.named)}),
    demand: demandOf(context, home),
  };
};

const costOfPlan = (facts: HostFacts, profile: Profile): PlacementCost | null => {
  const {pinning} = planPassthrough(facts, profile).plan;
  if (pinning.vcpus.length === 0) return null;
  const {machine} = sight(facts, profile);
  return placementCost(machine, {
    pins: pinning.vcpus.flatMap((one) => one.cpus),
    emulator: pinning.emulator,
    iothreads: pinning.iothreads.map((one) => one.cpus),
  });
};

describe('placement on 5,500 generated machines', () => {
  it('failure mode 21: splits no core, shares no thread, keeps the host’s part, and counts its pages', () => {
    fc.assert(
      fc.property(
        nastyShapes(5, 7),
        vcpuCounts,
        memorySizes,
        fc.constantFrom('auto' as const, '2MiB' as const, 'none' as const),
        (shape, vcpus, sizeMiB, hugepages) => {
          const facts = nastyFacts(shape);
          const {plan, findings} = planPassthrough(facts, sampleProfile({cpu: {vcpus}, memory: {sizeMiB, hugepages}}));
          expect(brokenPromises(facts, plan, findings, vcpus).join('; ')).toBe('');
        },
      ),
      {numRuns: bySize(400, 4000, 20_000)},
    );
  });

  it('gives the same plan for the same machine, and an equal one for a machine numbered otherwise', () => {
    fc.assert(
      fc.property(
        nastyShapes(5, 6),
        vcpuCounts,
        memorySizes,
        fc.array(fc.nat(), {minLength: 20, maxLength: 20}),
        (shape, vcpus, sizeMiB, order) => {
          const facts = nastyFacts(shape);
          const profile = sampleProfile({cpu: {vcpus}, memory: {sizeMiB}});
          expect(JSON.stringify(planPassthrough(structuredClone(facts), profile))).toBe(
            JSON.stringify(planPassthrough(facts, profile)),
          );
          // Which cores are neighbours is the one part that depends on the numbering.
          expect({...costOfPlan(renumber(facts, order), profile), runs: 0}).toEqual({
            ...costOfPlan(facts, profile),
            runs: 0,
          });
        },
      ),
      {numRuns: bySize(200, 1000, 5000)},
    );
  });

  it('costs as little as the best that trying every set of cores finds', () => {
    const runs = bySize(100, 500, 2000);
    let compared = 0;
    fc.assert(
      fc.property(
        nastyShapes(3, 4),
        fc.constantFrom(1, 2, 3, 4, 4, 6, 8),
        fc.constantFrom(1024, 12288),
        (shape, vcpus, sizeMiB) => {
          const facts = nastyFacts(shape);
          const profile = sampleProfile({cpu: {vcpus}, memory: {sizeMiB}});
          const {machine, demand} = sight(facts, profile);
          if (machine.cores.length > 12) return;
          const best = leastCost(machine, demand);
          if (best !== null) compared += 1;
          expect(choosePlacement(machine, demand)?.cost ?? null).toEqual(best);
          if (best !== null) expect(costOfPlan(facts, profile)).toEqual(best);
        },
      ),
      {numRuns: runs},
    );
    // Half of them, give or take: far fewer would mean that little is compared.
    expect(compared).toBeGreaterThan(runs * 0.2);
  });
});
