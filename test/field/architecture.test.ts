import {describe, expect, it} from 'vitest';
import {checkVirtualisation} from '../../src/checks/processor-checks.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

describe('an architecture that is not served', () => {
  it.each(['aarch64', 'i686', 'riscv64'])('%s is a blocker, and no VT-x is asked for', (architecture) => {
    const {cpu} = sampleFacts();
    const facts = sampleFacts(defaultShape, {cpu: {...cpu, architecture, virtualisation: null, vendor: null}});
    const blocker = planPassthrough(facts, sampleProfile()).findings.find(({code}) => code === 'architecture-unserved');
    expect(blocker).toMatchObject({
      code: 'architecture-unserved',
      severity: 'blocker',
      message: expect.stringContaining('is not served'),
    });
    const check = checkVirtualisation(facts);
    expect(check).toMatchObject({status: 'error', fact: `This architecture is not served: ${architecture}.`});
    expect(check.remedy).not.toMatch(/VT-x|SVM/);
  });
});
