import type {PciAddress} from '../../src/facts/pci-address.ts';
import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts, samplePci} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const card = (address: PciAddress, numaNode: number | null, iommuGroup: number) =>
  samplePci(address, {class: '030200', device: '2330', numaNode, iommuGroup, driver: 'nvidia'});
const near = '0000:18:00.0';
const far = '0000:9a:00.0';
const host = sampleFacts(defaultShape, {pci: [card(near, 0, 41), card(far, 1, 49)]});

const warnings = (
  addresses: readonly PciAddress[],
  more: Parameters<typeof sampleProfile>[0] = {},
  facts = host,
): readonly string[] =>
  planPassthrough(
    facts,
    sampleProfile({
      ...more,
      devices: addresses.map((address) => sampleDevice(address, {id: '10de:2330'})),
      cpu: {vcpus: 4, ...more.cpu},
      memory: {sizeMiB: 2048, ...more.memory},
    }),
  )
    .findings.filter(({code}) => code === 'card-off-node')
    .map(({message, remedy}) => `${message} → ${remedy}`);

describe('cards on several nodes', () => {
  it('are named with their node and with where vCPUs and memory are', () => {
    expect(warnings([near, far])).toEqual([
      '0000:9a:00.0 is on node 1, while vCPUs and memory are on node 0: what this card transfers crosses the interconnect. → Give the guest cards of one node only (`vfio-pilot facts` shows them), or accept the slower transfers.',
    ]);
  });

  it('are no matter where they are on the node of the guest, or where the firmware does not say', () => {
    expect(warnings([near])).toEqual([]);
    expect(warnings([far])).toEqual([]);
    expect(
      warnings([near, far], {}, sampleFacts(defaultShape, {pci: [card(near, 0, 41), card(far, null, 49)]})),
    ).toEqual([]);
  });

  it('are no matter to a guest that is spread over both nodes', () => {
    expect(warnings([near, far], {cpu: {vcpus: 16}})).toEqual([]);
  });

  it('are warned of when the profile names the node of the CPUs or of the memory', () => {
    expect(warnings([near], {cpu: {node: 1}})).toEqual([
      expect.stringMatching(/0 is on node 0, while vCPUs and memory are on node 1:.*Set cpu.node to auto/),
    ]);
    expect(warnings([near], {memory: {node: 1}})).toEqual([
      expect.stringMatching(/vCPUs are on node 0 and memory on node 1:.*Set memory.node to auto/),
    ]);
  });

  it('are warned of when we chose another node for lack of room', () => {
    const full = {
      ...host,
      nodes: host.nodes.map((node) => (node.id === 0 ? {...node, memoryKiB: 2.5 * 1048576} : node)),
    };
    expect(warnings([near], {guest: {numaCell: false}}, full)).toEqual([
      expect.stringMatching(/until the guest fits on node 0/),
    ]);
  });

  it('are said once where the pins of the profile say it already', () => {
    expect(warnings([near], {cpu: {pins: [1, 13, 3, 15]}})).toEqual([]);
    expect(warnings([near, far], {cpu: {pins: [2, 14, 4, 16]}})).toEqual([expect.stringContaining(far)]);
  });
});

describe('the finding about cards on another node', () => {
  it('is a warning', () => {
    const profile = sampleProfile({
      devices: [sampleDevice(near, {id: '10de:2330'}), sampleDevice(far, {id: '10de:2330'})],
      cpu: {vcpus: 4},
      memory: {sizeMiB: 2048},
    });
    expect(planPassthrough(host, profile).findings).toContainEqual(
      expect.objectContaining({code: 'card-off-node', severity: 'warning', subject: 'cpu.node'}),
    );
  });
});

describe('remedies of a host with one node', () => {
  const one = {...defaultShape, nodes: 1};
  const tooMany = (shape: typeof one, cpu = {}) =>
    planPassthrough(sampleFacts(shape), sampleProfile({cpu: {vcpus: 64, ...cpu}})).findings.find(
      ({code}) => code === 'cpu-too-few-cores',
    )?.remedy;

  it('name no other node where there is none', () => {
    expect(tooMany(one)).toBe('Set cpu.vcpus to 10 or less.');
    expect(tooMany(one, {node: 0})).toBe('Set cpu.vcpus to 10 or less.');
    expect(tooMany(defaultShape, {node: 0})).toMatch(/or choose another node/);
  });
});
