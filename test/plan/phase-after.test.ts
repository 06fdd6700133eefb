import {expect, it} from 'vitest';
import {phaseAfter} from '../../src/plan/phase-after.ts';
import {samplePlan} from '../support/sample-plan.ts';

const {guest, devices} = samplePlan();

it.each([
  ['install', true, 'prepare'],
  ['install', false, 'prepare'],
  ['prepare', false, 'run'],
  ['run', false, null],
  [null, true, 'run'],
  [null, false, null],
] as const)('moves a guest on from phase %s (new: %s) to %s', (phase, isNew, next) => {
  expect(phaseAfter({guest: {...guest, phase, isNew} as typeof guest, devices})).toBe(next);
});

it('has no phases for a guest of another hypervisor', () => {
  const {name, path} = guest;
  expect(phaseAfter({guest: {kind: 'proxmox', name, path, isNew: true} as typeof guest, devices})).toBeNull();
});

it('keeps the emulated screen of a guest whose card has no outputs', () => {
  const plan = {
    guest: {...guest, phase: 'prepare'} as typeof guest,
    devices: devices.map((one) => ({...one, class: '030200'})),
  };
  expect(phaseAfter(plan)).toBeNull();
  expect(phaseAfter({...plan, guest: {...guest, phase: 'install'} as typeof guest})).toBe('prepare');
});
