import {cleanup} from 'ink-testing-library';
import {afterEach, expect, it} from 'vitest';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import {xcpFacts} from '../support/xen-facts.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, right} = keys;
const to = (count: number): readonly string[] => Array.from({length: count}, () => enter);

it('on XCP-ng a plan becomes a script, and nothing is applied', async () => {
  const saved: WrittenProfile[] = [];
  const wizard = openWizard(
    sampleServices({facts: xcpFacts(), saveProfile: (profile, path) => (saved.push(profile), {path})}),
  );
  expect(await wizard.press(...to(3), right, enter)).toContain('Memory');
  const guest = await wizard.press(enter);
  expect(guest).toContain('win10');
  for (const label of ['Disk image', 'Firmware', 'Network', 'Hyper-V', 'I/O threads', 'libvirt'])
    expect(guest).not.toContain(label);
  expect(await wizard.press(right)).toContain('win10 ›');
  const apply = await wizard.press(...to(3));
  expect(saved).toHaveLength(1);
  expect(apply).toContain('A script makes the changes there');
  expect(apply).toContain('export script');
  expect(apply).not.toContain('Type apply');
  const next = await wizard.press(enter);
  expect(next).toContain('Run the plan as a script in dom0');
  expect(next).not.toContain('vfio-pilot apply');
});
