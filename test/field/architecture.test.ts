import {describe, expect, it} from 'vitest';
import {runChecks} from '../../src/checks/run-checks.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

describe('an architecture that is not served', () => {
  it.each(['aarch64', 'i686', 'riscv64'])(
    '%s is a blocker, and `check` shows devices without advice for x86',
    (architecture) => {
      const {cpu} = sampleFacts();
      const facts = sampleFacts(defaultShape, {cpu: {...cpu, architecture, virtualisation: null, vendor: null}});
      const blocker = planPassthrough(facts, sampleProfile()).findings.find(
        ({code}) => code === 'architecture-unserved',
      );
      expect(blocker).toMatchObject({
        code: 'architecture-unserved',
        severity: 'blocker',
        message: expect.stringContaining('is not served'),
      });
      const [check, ...rest] = runChecks(facts);
      expect(check).toMatchObject({
        id: 'architecture',
        status: 'error',
        fact: `This host is ${architecture}, and vfio-pilot prepares x86_64 hosts only. Its devices, groups and nodes are shown, and every plan for it is refused.`,
      });
      expect(check?.remedy).toContain('check --host USER@HOST');
      expect(rest.map(({id}) => id)).toEqual(expect.arrayContaining(['group-isolation', 'display-devices', 'numa']));
      for (const {status, fact, remedy} of rest) {
        expect([status, remedy]).toEqual(['info', null]);
        expect(fact).not.toMatch(/VT-d|VT-x|AMD-V|SVM|x86|pdpe1gb/);
      }
    },
  );

  it('that is unknown is judged as x86_64', () => {
    const {cpu} = sampleFacts();
    const ids = runChecks(sampleFacts(defaultShape, {cpu: {...cpu, architecture: null}})).map(({id}) => id);
    expect(ids).toEqual(runChecks(sampleFacts()).map(({id}) => id));
  });
});
