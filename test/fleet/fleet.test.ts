import {describe, expect, it} from 'vitest';
import {openFleet} from '../../src/fleet/fleet.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {factsDocument, factsOfDocument} from '../../src/facts/shapes/facts-document.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {bySize} from '../support/sizes.ts';
import {everyday, faults} from './planted.ts';

/** As they come out of `facts --json`. */
const bases: readonly HostFacts[] = [
  'ryzen-two-cards',
  'ryzen-one-card',
  'laptop-optimus',
  'dell-r710-gtx1050',
  'two-identical-cards',
].map((name) => {
  const document: unknown = JSON.parse(JSON.stringify(factsDocument(readHost(openSource(unpackHost(name), null)))));
  return factsOfDocument(document as Parameters<typeof factsOfDocument>[0]);
});

const profileOf = (text: string) => {
  const {profile, findings} = decodeProfile(text, 'fleet.yaml');
  if (profile === null) throw new Error(JSON.stringify(findings));
  return profile;
};
const freeCard = profileOf(
  'version: 2\nname: free-card\ndevices:\n  - match: {class: 0300, boot: no}\ncpu: {vcpus: all but 2 cores}\nmemory: {size: all but 8 GiB}\nguest: {name: g, os: linux}\n',
);

const perBase = bySize(60, 1000, 10_000) / bases.length;

describe('a fleet', () => {
  it('shows every planted odd one with what is odd, and no other', () => {
    const fleet = openFleet([]);
    const planted = new Map<string, readonly string[]>();
    bases.forEach((base, model) => {
      for (let number = 0; number < perBase; number += 1) {
        const name = `host-${model}-${number}`;
        const fault = number > 0 && number <= faults.length ? faults[number - 1] : undefined;
        const ordinary = everyday(base, number);
        if (fault !== undefined) planted.set(name, fault.traits);
        fleet.add(name, fault === undefined ? ordinary : fault.plant(ordinary), false);
      }
    });
    const {hosts, kinds, odd, lines} = fleet.report();
    expect(hosts).toBe(perBase * bases.length);
    expect(kinds.map(({count}) => count)).toEqual(bases.map(() => perBase));
    expect(new Map(odd.map(({host, differences}) => [host, differences.map(({trait}) => trait)]))).toEqual(planted);
    expect(planted.size).toBe(faults.length * bases.length);
    expect([...lines()].filter(({isOdd}) => isOdd).map(({host}) => host)).toEqual([...planted.keys()]);
  });

  it('has no odd one where nothing was planted, nor where no value is common (control)', () => {
    const fleet = openFleet([]);
    for (const base of bases)
      for (let number = 0; number < 3; number += 1) fleet.add('x', everyday(base, number), false);
    expect(fleet.report().odd).toEqual([]);
    const [base] = bases;
    if (base === undefined) throw new Error('no base');
    const apart = openFleet([]);
    for (const release of ['6.1', '6.2', '6.3', '6.4'])
      apart.add(release, {...base, kernel: {...base.kernel, release}}, false);
    expect(apart.report()).toMatchObject({
      odd: [],
      kinds: [{count: 4, usual: {kernel: null, IOMMU: 'on, interrupt remapping yes'}}],
    });
  });

  it('says on which hosts a profile fits, why it is blocked on others, and where it differs', () => {
    const [two, one] = bases;
    if (two === undefined || one === undefined) throw new Error('no base');
    const fleet = openFleet([freeCard]);
    for (let number = 0; number < 4; number += 1) fleet.add(`two-${number}`, everyday(two, number), false);
    const [swap, , grown, off] = faults;
    fleet.add('swapped', swap?.plant(two) ?? two, false);
    fleet.add('off', off?.plant(two) ?? two, false);
    fleet.add('grown', grown?.plant(two) ?? two, false);
    fleet.add('one', one, false);
    const {profiles, lines} = fleet.report();
    const outcomes = Object.fromEntries([...lines()].map(({host, outcomes: [own]}) => [host, own]));
    expect(outcomes['two-0']).toEqual({outcome: 'fits', blockedBy: []});
    expect(outcomes['off']?.blockedBy).toContain('iommu-off');
    expect(outcomes['one']?.blockedBy).toContain('selector-no-match');
    expect(profiles).toMatchObject([
      {profile: 'free-card', fits: expect.any(Number) as number, blocked: expect.any(Number) as number},
    ]);
    const [own] = profiles;
    expect((own?.fits ?? 0) + (own?.blocked ?? 0) + (own?.differs ?? 0)).toBe(8);
    expect(own?.blockedBy.find(({code}) => code === 'selector-no-match')?.count).toBe(1);
  });

  it('says that a host would get something else than the others of its model', () => {
    const [two] = bases;
    if (two === undefined) throw new Error('no base');
    const fleet = openFleet([freeCard]);
    for (let number = 0; number < 3; number += 1) fleet.add(`two-${number}`, everyday(two, number), false);
    fleet.add(
      'smaller',
      {...two, nodes: two.nodes.map((node) => ({...node, memoryKiB: (node.memoryKiB ?? 0) / 2}))},
      false,
    );
    expect([...fleet.report().lines()].map(({outcomes: [own]}) => own?.outcome)).toEqual([
      'fits',
      'fits',
      'fits',
      'differs',
    ]);
  });
});
