import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

/** Eight performance and twelve efficiency cores, one thread each, as a Core Ultra 7 265K has. */
const arrowLake = {...defaultShape, nodes: 1, coresPerNode: 20, threads: 1, coresPerL3: 20, efficiencyFrom: 8};
const slow = (shape: typeof arrowLake, vcpus: number, cpu = {}) =>
  planPassthrough(sampleFacts(shape), sampleProfile({cpu: {vcpus, ...cpu}, memory: {sizeMiB: 2048}})).findings.filter(
    ({code}) => code === 'cpu-pin-slow-cores',
  );

describe('a guest on efficiency cores only', () => {
  it('is noted for our own choice, with how many vCPUs would fit on performance cores', () => {
    expect(slow(arrowLake, 12)).toEqual([
      expect.objectContaining({
        severity: 'note',
        subject: 'cpu.vcpus',
        message: expect.stringMatching(/^All 12 vCPUs are on efficiency cores.*8 would fit there\.$/),
        remedy: 'Set cpu.vcpus to 8 for a guest on performance cores.',
      }),
    ]);
  });

  it('is noted for the pins of the user as before', () => {
    expect(slow(arrowLake, 2, {pins: [8, 9]})).toMatchObject([{severity: 'note', subject: 'cpu.pins'}]);
  });

  it('counts the threads of performance cores', () => {
    expect(slow({...arrowLake, coresPerNode: 22, threads: 2, efficiencyFrom: 6}, 14)).toMatchObject([
      {remedy: 'Set cpu.vcpus to 12 for a guest on performance cores.'},
    ]);
  });

  it('is not noted where performance cores do, or where there are none', () => {
    expect(slow(arrowLake, 8)).toEqual([]);
    expect(slow({...arrowLake, efficiencyFrom: 0}, 12)).toEqual([]);
  });
});
