import {describe, expect, it} from 'vitest';
import {rollback} from '../../src/commands/rollback.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {samplePlan} from '../support/sample-plan.ts';

const plan = samplePlan();
/** A card that libvirt takes when the guest starts, and nothing else. */
const lent: Plan = {
  ...plan,
  binding: {...plan.binding, by: 'libvirt'},
  memory: {...plan.memory, hugepages: null},
  isolation: {...plan.isolation, method: 'none'},
  kernelArguments: {...plan.kernelArguments, add: [], remove: []},
};

const said = (undone: Plan | null, isLive: boolean): string =>
  rollback.describe(
    {
      outcome: 'rolled-back',
      isLive,
      planned: {run: null, leftOut: null, edits: [], undone: [], later: null, plan: undone, request: {}},
      result: {id: 'x', outcome: 'rolled-back', paths: ['/etc/a'], edited: [], bySettings: [], late: []},
    },
    {} as never,
  );

describe('a rollback', () => {
  it('asks for a reboot of this machine where something came with a boot, or that is unknown', () => {
    const wanted = 'Reboot; the card is with its own driver again afterwards.';
    expect(said(plan, true)).toContain(wanted);
    expect(said(null, true)).toContain(wanted);
    expect(said(lent, true)).not.toContain('Reboot;');
    expect(said(lent, true)).toContain('No reboot is needed.');
    expect(said(plan, false)).not.toContain('eboot');
  });
});
