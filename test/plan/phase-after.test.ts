import {expect, it} from 'vitest';
import {phaseAfter} from '../../src/plan/phase-after.ts';
import {samplePlan} from '../support/sample-plan.ts';

const {guest} = samplePlan();

it.each([
  ['install', true, 'prepare'],
  ['install', false, 'prepare'],
  ['prepare', false, 'run'],
  ['run', false, null],
  [null, true, 'run'],
  [null, false, null],
] as const)('moves a guest on from phase %s (new: %s) to %s', (phase, isNew, next) => {
  expect(phaseAfter({...guest, phase, isNew} as typeof guest)).toBe(next);
});

it('has no phases for a guest of another hypervisor', () => {
  const {name, path} = guest;
  expect(phaseAfter({kind: 'proxmox', name, path, isNew: true} as typeof guest)).toBeNull();
});
