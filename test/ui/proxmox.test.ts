import {cleanup} from 'ink-testing-library';
import {afterEach, expect, it} from 'vitest';
import type {Profile} from '../../src/profile/profile.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, right} = keys;
const to = (count: number): readonly string[] => Array.from({length: count}, () => enter);

it('on Proxmox VE its guests are offered, and nothing that it does not have', async () => {
  const saved: Profile[] = [];
  const {files, virtualisation} = proxmoxFacts({101: 'bios: ovmf\nmachine: q35\nname: win10\n'});
  const host = sampleHost();
  const wizard = openWizard(
    sampleServices({
      facts: {...host, files: {...host.files, ...files}, virtualisation},
      saveProfile: (profile, path) => (saved.push(profile), {path}),
    }),
  );
  const guest = await wizard.press(...to(4));
  expect(guest).toContain('Or: 101 win10');
  for (const label of ['Disk image', 'Network', 'Hyper-V', 'I/O threads', 'libvirt'])
    expect(guest).not.toContain(label);
  expect(await wizard.press(right)).toContain('‹ 101 win10 ›');
  await wizard.press(...to(3));
  expect(saved).toMatchObject([{guest: {domain: 'existing', name: '101'}}]);
});
