import {spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {groupCores} from '../../src/facts/cores.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {compareCosts, type CoreMap, placementCost} from '../../src/plan/placement/cost.ts';
import {coreMapOf} from '../../src/plan/placement/core-map.ts';
import {pickHelpers} from '../../src/plan/placement/place.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {brokenPromises} from '../support/check-plan.ts';
import {deviceOn} from '../support/nasty-machines.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {machinesDirectory} from '../support/shared-data.ts';
import {readMapFacts} from '../topology/read-facts.ts';

const machines = machinesDirectory();
const oracles =
  machines === null ? [] : readdirSync(join(machines, 'oracle/cpu')).map((file) => file.slice(0, -'.json'.length));
const rootOf = (name: string): string => join(machines!, 'roots', name.replace('__', '/'));

const factsOf = (name: string, device: number | null): HostFacts => {
  const {cpu, nodes, memory} = readMapFacts(rootOf(name));
  return {...sampleFacts(), cpu: {...cpu, flags: null}, nodes, memory, pci: deviceOn(device)};
};

const nodesOf = (name: string): readonly (number | null)[] => [
  null,
  ...factsOf(name, null).nodes.map((node) => node.id),
];

const guests = {vcpus: [1, 2, 3, 4, 8, 12, 16, 32, 64], sizesMiB: [2048, 16384, 131072]};

describe.skipIf(machines === null)('plans for real machines (skipped where the shared data is not there)', () => {
  it.each(oracles)('keeps every promise on %s, with the device on each node and guests from 1 to 64 vCPUs', (name) => {
    const facts = factsOf(name, null);
    for (const device of nodesOf(name)) {
      for (const vcpus of guests.vcpus) {
        for (const sizeMiB of guests.sizesMiB) {
          const here = {...facts, pci: deviceOn(device)};
          const {plan, findings} = planPassthrough(here, sampleProfile({cpu: {vcpus}, memory: {sizeMiB}}));
          expect(
            brokenPromises(here, plan, findings, vcpus),
            `${vcpus} vCPUs, ${sizeMiB} MiB, device on ${device}`,
          ).toEqual([]);
        }
      }
    }
  });
});

const hasHwloc = spawnSync('hwloc-distrib', ['--version']).status === 0;

/** `0x00000001,,0x80000000` is 96 bits, the highest first. */
const cpusOfMask = (mask: string): readonly number[] =>
  mask
    .split(',')
    .reverse()
    .flatMap((word, index) => {
      const bits = Number.parseInt(word === '' ? '0' : word, 16);
      return Array.from({length: 32}, (_, bit) => bit)
        .filter((bit) => Math.floor(bits / 2 ** bit) % 2 === 1)
        .map((bit) => index * 32 + bit);
    });

/** Empty where hwloc cannot read the tree. */
const distribute = (root: string, count: number, extra: readonly string[]): readonly (readonly number[])[] =>
  spawnSync('hwloc-distrib', ['--if', 'fsroot', '-i', root, ...extra, String(count)], {encoding: 'utf8'})
    .stdout.trim()
    .split('\n')
    .map(cpusOfMask);

/**
 * hwloc's sets as whole cores, one for each set; `null` where they break our rules: cores of one kind and size, as many
 * on each node, one left to the host.
 */
const theirPlacement = (machine: CoreMap, sets: readonly (readonly number[])[]) => {
  const cores = [
    ...new Set(sets.flatMap((set) => machine.cores.find((core) => core.threads.includes(set[0] ?? -1)) ?? [])),
  ];
  const threads = cores[0]?.threads.length ?? 0;
  const isComparable =
    cores.length === sets.length &&
    cores.length < machine.cores.length &&
    cores.every((core) => core.threads.length === threads && core.node !== null);
  const perNode = new Set([...groupCores(cores, (core) => core.node).values()].map((local) => local.length));
  if (!isComparable || perNode.size !== 1 || new Set(cores.map((core) => core.kind)).size !== 1) return null;
  const pins = cores.flatMap((core) => core.threads);
  return {pins, ...pickHelpers(machine, new Set(pins), [...new Set(cores.map((core) => core.node))])};
};

describe.skipIf(machines === null || !hasHwloc)(
  'plans next to hwloc-distrib (skipped where hwloc or the shared data is not there)',
  () => {
    const large = oracles.filter(
      (name) =>
        factsOf(name, null).cpu.cpus.filter((cpu) => cpu.online).length >= 24 &&
        factsOf(name, null).nodes.some((node) => node.cpus.length > 0),
    );

    it('never costs more than the cores that hwloc spreads a guest over, in the machine or in a node', () => {
      let compared = 0;
      for (const name of large) {
        const facts = factsOf(name, null);
        const nodes = facts.nodes.filter((one) => one.cpus.length > 0 && one.memoryKiB !== 0);
        for (const node of new Set(nodes.filter((_, index) => index < 2 || index === nodes.length - 1))) {
          const machine = coreMapOf(facts, {home: node.id, origin: node.id}, {prefersCache: true});
          for (const count of [2, 4, 6, 8]) {
            const mask = `0x${node.cpus
              .reduce((sum, cpu) => sum | (1n << BigInt(cpu)), 0n)
              .toString(16)
              .padStart(8, '0')
              .replaceAll(/(?=(.{8})+$)/g, ',')
              .replace(/^,/, '')}`.replaceAll(',', ',0x');
            for (const extra of [[], ['--restrict', mask]]) {
              const theirs = theirPlacement(machine, distribute(rootOf(name), count, extra));
              if (theirs === null) continue;
              const {plan} = planPassthrough(
                {...facts, pci: deviceOn(node.id)},
                sampleProfile({cpu: {vcpus: theirs.pins.length}, memory: {sizeMiB: 64, hostReserveMiB: 0}}),
              );
              const ours = {
                pins: plan.pinning.vcpus.flatMap((one) => one.cpus),
                emulator: plan.pinning.emulator,
                iothreads: plan.pinning.iothreads.map((one) => one.cpus),
              };
              if (ours.pins.length === 0) continue;
              compared += 1;
              expect(
                compareCosts(placementCost(machine, ours), placementCost(machine, theirs)),
                `${name}, node ${node.id}, ${count} cores`,
              ).toBeLessThanOrEqual(0);
            }
          }
        }
      }
      expect(compared).toBeGreaterThan(100);
    });
  },
);
