import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {readHost} from '../../src/host/read-host.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {openSource} from '../../src/system/source.ts';
import {figure} from '../figures/figure.ts';
import {addToGroup, type Card, diceOf, type Machine} from '../support/made-machines/machine.ts';
import {makeMachine, reasonsAgainst} from '../support/made-machines/make-machine.ts';
import {memorySource} from '../support/made-machines/memory-source.ts';
import {openTree} from '../support/make-tree.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {machinesDirectory} from '../support/shared-data.ts';
import {deepOrNight} from '../support/sizes.ts';

const machineCount = deepOrNight(600, 5000);
const guardCodes: readonly string[] = ['device-needed-by-host', 'device-drives-console', 'only-gpu'];

/** Whether the guard lets these functions go. */
const isBlocked = (facts: HostFacts, addresses: readonly string[], host = {}): boolean =>
  planPassthrough(
    facts,
    sampleProfile({devices: addresses.map((address) => sampleDevice(address)), host}),
  ).findings.some(({code, severity}) => severity === 'blocker' && guardCodes.includes(code));

/** Single cards, and a few together: the last of several is needed only as a whole. */
const choicesOf = (machine: Machine, seed: number): readonly (readonly Card[])[] => {
  const dice = diceOf(randomOf(seed));
  const some = Array.from({length: 4}, () => machine.cards.filter(() => dice.chance(0.25))).filter(
    (cards) => cards.length > 1,
  );
  const whole = machine.lastOf.map(({addresses}) =>
    machine.cards.filter((card) => card.addresses.some((address) => addresses.includes(address))),
  );
  return [...machine.cards.map((card) => [card]), ...some, ...whole.filter((cards) => cards.length > 0)];
};

type Tally = {readonly missed: string[]; readonly needless: string[]; machines: number; needed: number; free: number};

const judge = (tally: Tally, seed: number): void => {
  tally.machines += 1;
  const machine = makeMachine(seed);
  const facts = readHost(memorySource(machine.tree));
  for (const cards of choicesOf(machine, seed)) {
    const taken = cards.flatMap((card) => card.addresses);
    const reasons = reasonsAgainst(machine, taken);
    const blocked = isBlocked(facts, taken);
    if (reasons.length > 0) tally.needed += 1;
    else tally.free += 1;
    if (reasons.length > 0 && !blocked) tally.missed.push(`seed ${seed}: ${taken.join(', ')}: ${reasons.join('; ')}`);
    if (reasons.length === 0 && blocked) tally.needless.push(`seed ${seed}: ${taken.join(', ')}`);
  }
};

describe('failure modes 1 and 3: the guard, on machines whose truth is known', () => {
  const seed = chooseSeed();

  it(`never gives away what the host needs, and rarely refuses what it does not (${machineCount} machines from seed ${seed})`, () => {
    const tally: Tally = {missed: [], needless: [], machines: 0, needed: 0, free: 0};
    for (let index = 0; index < machineCount; index += 1) judge(tally, (seed + index) % 2 ** 31);
    const ratio = tally.needless.length / tally.free;
    figure('K machines', deepOrNight('≥ 500 machines', '≥ 5000 machines'), `${tally.machines} machines`);
    figure('K missed', '0 missed', `${tally.missed.length} missed`);
    figure(
      'K needless',
      '≤ 2 % refused needlessly',
      `${(100 * ratio).toFixed(2)} % of ${tally.free} choices (seed ${seed})`,
    );
    expect(tally.missed).toEqual([]);
    expect(tally.needed).toBeGreaterThan(machineCount * 3);
    expect(tally.free).toBeGreaterThan(machineCount * 3);
    expect(ratio, tally.needless.slice(0, 20).join('\n')).toBeLessThanOrEqual(0.02);
  });

  it('takes no group mate that the host boots from, whatever the user accepts', () => {
    let count = 0;
    for (let index = 0; index < 60; index += 1) {
      const machine = makeMachine((seed + index) % 2 ** 31);
      const [sound] = machine.cards.slice(-1);
      const mate = machine.cards.find((card) => card.addresses.some((address) => machine.vital.has(address)));
      if (sound === undefined || mate === undefined) continue;
      for (const card of [sound, mate])
        for (const [part, place] of card.places.entries()) addToGroup(machine, place, card.addresses[part]!, 19);
      const facts = readHost(memorySource(machine.tree));
      expect(
        isBlocked(facts, sound.addresses, {acceptGroupMates: mate.addresses, acceptLossOf: mate.addresses}),
        `seed ${seed + index}`,
      ).toBe(true);
      count += 1;
    }
    expect(count).toBeGreaterThan(40);
  });

  it('failure mode 2: binds no twin of the host by ids', () => {
    let count = 0;
    for (let index = 0; count < 6 && index < 5000; index += 1) {
      const machine = makeMachine((seed + index) % 2 ** 31);
      const facts = readHost(memorySource(machine.tree));
      const twin = facts.pci.find(
        (one) =>
          one.class === '030000' &&
          facts.pci.some((other) => other !== one && other.vendor === one.vendor && other.device === one.device),
      );
      if (twin === undefined) continue;
      const {plan, findings} = planPassthrough(
        facts,
        sampleProfile({devices: [sampleDevice(twin.address)], binding: 'ids'}),
      );
      expect(
        findings.map(({code}) => code),
        `seed ${seed + index}`,
      ).toContain('binding-ids-ambiguous');
      expect(plan.binding.byAddress).toEqual([]);
      count += 1;
    }
    expect(count).toBe(6);
  });

  it('reads the same needs from a real tree as from data', () => {
    for (let index = 0; index < 10; index += 1) {
      const {tree} = makeMachine((seed + index) % 2 ** 31);
      expect(readHost(openTree(tree)).needs).toEqual(readHost(memorySource(tree)).needs);
    }
  });
});

const machines = machinesDirectory();
const roots = machines === null ? '' : join(machines, 'roots');
const sets = machines === null ? [] : readdirSync(roots).sort();

/** Real trees tell cards, but no mounts or routes: the truth in them is what is the only one of its kind, and the boot VGA. */
describe.skipIf(machines === null)('the guard, on every real machine (needs the machine trees)', () => {
  it.each(sets)('of %s keeps the last screen, the boot VGA and the last network card, and lets others go', (set) => {
    const tally: Tally = {missed: [], needless: [], machines: 0, needed: 0, free: 0};
    for (const tree of readdirSync(join(roots, set), {withFileTypes: true}).filter((entry) => entry.isDirectory()))
      judgeTree(tally, join(roots, set, tree.name));
    expect(tally.missed).toEqual([]);
    expect(tally.needless.length, tally.needless.slice(0, 10).join('\n')).toBeLessThanOrEqual(0.02 * tally.free);
  });
});

const judgeTree = (tally: Tally, tree: string): void => {
  const facts = readHost(openSource(tree, null));
  const screens = facts.pci.filter((one) => /^03(?!02)/.test(one.class) && one.driver !== 'vfio-pci');
  // One fixture has an interface on a function that its bus does not list.
  const isWhole = facts.needs.every((need) => facts.pci.some((one) => one.address === need.address));
  const cards = !isWhole
    ? []
    : facts.pci.filter(
        (one) => one.class.startsWith('02') && one.physicalFunction === null && one.driver !== 'vfio-pci',
      );
  for (const one of [...screens, ...cards].slice(0, 24)) {
    // The functions of a plugged-in card go together.
    const mates = (list: readonly PciFunction[]) =>
      list.filter(
        (other) =>
          other === one || (one.upstream.length > 0 && other.address.slice(0, -2) === one.address.slice(0, -2)),
      );
    const isLast = [screens, cards].some((list) => list.includes(one) && mates(list).length === list.length);
    const isTaken = isLast || mates(facts.pci).some((other) => other.bootVga);
    const blocked = isBlocked(facts, [one.address]);
    if (isTaken) tally.needed += 1;
    else tally.free += 1;
    if (isTaken && !blocked) tally.missed.push(`${tree}: ${one.address}`);
    if (!isTaken && blocked) tally.needless.push(`${tree}: ${one.address}`);
  }
};
