import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const kernel = (major: number, minor: number) => ({
  ...sampleFacts().kernel,
  release: `${major}.${minor}.0`,
  version: {major, minor},
});
const decide = (memory = {}, overrides = {}) =>
  planPassthrough(sampleFacts(defaultShape, overrides), sampleProfile({memory}));

describe('memory', () => {
  it('failure mode 20: counts pages exactly and places them on the node by the kernel argument', () => {
    const {plan} = decide();
    expect(plan.memory).toMatchObject({
      sizeKiB: 12582912,
      nodes: [0],
      hugepages: {sizeKiB: 2048, perNode: {0: 6144}, method: 'argument'},
    });
    expect(plan.kernelArguments.add.map((argument) => argument.text)).toEqual(['hugepagesz=2M', 'hugepages=0:6144']);
  });

  it('allocates on all nodes and releases the rest where the kernel can not place pages', () => {
    const {plan} = decide({}, {kernel: kernel(5, 15)});
    expect(plan.memory.hugepages).toMatchObject({
      method: 'release-unit',
      perNode: {0: 6144},
      bootTotal: 12288,
      release: {0: 6144, 1: 0},
    });
    expect(plan.kernelArguments.add.map((argument) => argument.text)).toEqual(['hugepagesz=2M', 'hugepages=12288']);
  });

  it('uses the plain number on a machine with one node', () => {
    const {plan} = planPassthrough(sampleFacts({...defaultShape, nodes: 1}, {kernel: kernel(5, 4)}), sampleProfile());
    expect(plan.kernelArguments.add.map((argument) => argument.text)).toEqual(['hugepagesz=2M', 'hugepages=6144']);
  });

  it('takes the unknown kernel for an old one: the node form would silently give no pages there', () => {
    const {plan} = decide({}, {kernel: {...kernel(6, 1), release: null, version: null}});
    expect(plan.memory.hugepages?.method).toBe('release-unit');
  });

  it('proposes 1 GiB pages where CPU, kernel and size allow, and says so', () => {
    const {plan} = decide({hugepages: 'auto'});
    expect(plan.memory.hugepages).toMatchObject({sizeKiB: 1048576, perNode: {0: 12}});
    expect(plan.kernelArguments.add.map((argument) => argument.text)).toEqual([
      'default_hugepagesz=1G',
      'hugepagesz=1G',
      'hugepages=0:12',
    ]);
    expect(decide({hugepages: 'auto', sizeMiB: 12289}).plan.memory.hugepages?.sizeKiB).toBe(2048);
  });

  it.each([
    ['always', 'are on here (always)'],
    ['madvise', 'are on here (madvise)'],
    ['never', 'pages of 4 KiB'],
    [null, 'is unknown'],
  ])('without huge pages says what transparent ones do: %s', (transparentHugepages, words) => {
    const {plan} = decide({hugepages: 'none'}, {memory: {...sampleFacts().memory, transparentHugepages}});
    expect(plan.memory.hugepages).toBeNull();
    expect(plan.decisions.find(({subject}) => subject === 'memory.hugepages')?.because).toContain(words);
  });

  it('rounds a size that is no multiple of the page up, and warns', () => {
    const {plan, findings} = decide({sizeMiB: 4097});
    expect(plan.memory.sizeKiB).toBe(4098 * 1024);
    expect(findings.map((finding) => finding.code)).toContain('memory-not-multiple');
  });

  it.each([
    ['more than the node has', {sizeMiB: 32768, node: 0}, 'memory-too-large'],
    ['more than all nodes have', {sizeMiB: 65536}, 'memory-too-large'],
    ['less than the reserve left', {sizeMiB: 23552, node: 0}, 'memory-host-reserve'],
    ['a node that is not there', {node: 5}, 'memory-node-unknown'],
  ])('blocks %s', (_what, memory, code) => {
    expect(decide(memory).findings).toContainEqual(expect.objectContaining({code, severity: 'blocker'}));
  });

  it('sends to another node only where there is one', () => {
    const remedyOn = (nodes: number): string | undefined =>
      planPassthrough(sampleFacts({...defaultShape, nodes}), sampleProfile({memory: {sizeMiB: 1048576}})).findings.find(
        ({code}) => code === 'memory-too-large',
      )?.remedy;
    expect(remedyOn(1)).toMatch(/^Set memory\.size to \d+ MiB or less\.$/);
    expect(remedyOn(2)).toMatch(/ or less, or choose another node\.$/);
  });

  it('blocks pages of a size that is not offered, and names one that is', () => {
    const {cpu, memory} = sampleFacts();
    const unsupported = (message: string, remedy: string): unknown =>
      expect.objectContaining({code: 'memory-pages-unsupported', message, remedy});
    expect(decide({hugepages: '1GiB'}, {cpu: {...cpu, flags: ['vmx']}}).findings).toContainEqual(
      unsupported('This CPU has no 1 GiB pages (flag pdpe1gb is missing).', 'Set memory.hugepages: 2MiB.'),
    );
    expect(decide({hugepages: '2MiB'}, {memory: {...memory, hugepageSizesKiB: [64]}}).findings).toContainEqual(
      unsupported('This kernel offers no 2 MiB pages.', 'Set memory.hugepages: none.'),
    );
  });

  it('plans ordinary memory when asked', () => {
    const {plan} = decide({hugepages: 'none'});
    expect(plan.memory.hugepages).toBeNull();
    expect(plan.kernelArguments.ownedKeys).not.toContain('hugepages');
  });
});
