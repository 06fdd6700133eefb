import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {describeResults} from '../../src/commands/verify.ts';
import type {PromiseResult} from '../../src/findings/promise-result.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {sampleFacts, samplePci, sampleSriov} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const pending = (promise: string, remedy: string | null): PromiseResult => ({
  id: 'x',
  status: 'pending',
  promise,
  fact: 'Not yet.',
  remedy,
});

describe('the remedy of several promises', () => {
  it('is said once, below the last of them', () => {
    const style = {hasColor: false, hint: (text: string) => text} as Parameters<typeof describeResults>[1];
    const said = describeResults(
      [pending('One.', 'Boot.'), pending('Two.', 'Boot.'), pending('Three.', 'Look.')],
      style,
    );
    expect(said.match(/→ Boot\./g)).toHaveLength(1);
    expect(said).toMatch(/Two\. Not yet\.\n +→ Boot\.\n.*Three/);
  });

  it('is so on the start screen too', async () => {
    const results = [pending('One.', 'Boot.'), pending('Two.', 'Boot.')];
    const applied = {
      id: '2026',
      profile: 'p',
      guest: null,
      startedAt: '2026-01-02T03:04:05Z',
      isTrial: false,
      nextPhase: null,
      tasks: [],
      todoPath: null,
      done: [],
    };
    const services = sampleServices({
      machine: {isReadable: true, applied, runs: []} as never,
      verify: () => Promise.resolve(results),
    });
    const wizard = openWizard(services, {isAtHome: true, rows: 50});
    expect((await wizard.press(keys.down, keys.up)).match(/→ Boot\./g)).toHaveLength(1);
  });
});

describe('what the wizard leaves out', () => {
  it('is the interconnect of a machine with one node', () => {
    const facts = sampleFacts();
    const because = (nodes: typeof facts.nodes): string | undefined =>
      planPassthrough({...facts, nodes}, sampleProfile({memory: {hugepages: 'none'}})).plan.decisions.find(
        ({subject}) => subject === 'memory.node',
      )?.because;
    expect(because(facts.nodes.slice(0, 1))).toBe('this machine has one NUMA node');
    expect(because(facts.nodes)).toContain('interconnect');
  });

  it('is not that a card can be given out in parts, although they are behind a key', async () => {
    const nic = samplePci('0000:04:00.0', {class: '020000', vendor: '8086', device: '1521', sriov: sampleSriov()});
    const facts = sampleHost({pci: [...sampleHost().pci, nic]});
    const wizard = openWizard(sampleServices({facts}));
    expect((await wizard.press(keys.enter)).replaceAll('\n', ' ')).toMatch(
      /Press o for \d+ other devices, parts of cards \(virtual functions, slices\) among them\./,
    );
    expect(await wizard.press('o')).not.toContain('Press o for');
    expect(await openWizard(sampleServices()).press(keys.enter)).not.toContain('Press o for');
  });
});
