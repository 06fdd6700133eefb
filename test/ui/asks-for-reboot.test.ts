import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {asksForReboot} from '../../src/ui/asks-for-reboot.ts';
import {sumUp} from '../../src/ui/sum-up.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {sampleServices} from './sample-services.ts';

const facts = sampleFacts();
const {plan} = planPassthrough(facts, sampleProfile({memory: {hugepages: 'none'}}));
const own = plan.devices.map(({address}) => address);
/** The boot that the plan asks for. */
const booted = {
  ...facts,
  boot: {...facts.boot, commandLine: plan.kernelArguments.add.map(({text}) => text).join(' ')},
  pci: facts.pci.map((one) => (own.includes(one.address) ? {...one, driver: 'vfio-pci'} : one)),
};
const changes = sampleServices().preview(sampleProfile()).changes.slice(0, 1);

describe('a reboot', () => {
  it('is asked for where the card is still with its own driver', () => {
    expect(asksForReboot(facts, plan)).toBe(true);
    expect(sumUp(facts, plan, changes)).toContain('1 file, a reboot');
  });

  it('is not asked for where this boot has it all, and only the guest changes', () => {
    expect(asksForReboot(booted, plan)).toBe(false);
    expect(sumUp(booted, plan, changes)).toMatch(/^1 file;/);
  });
});
