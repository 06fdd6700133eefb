import {cleanup} from 'ink-testing-library';
import {afterEach, expect, it} from 'vitest';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {down, enter, right} = keys;
const to = (count: number): readonly string[] => Array.from({length: count}, () => enter);

it('on Proxmox VE its guests are offered, and nothing that it does not have', async () => {
  const saved: WrittenProfile[] = [];
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
  for (const label of [
    'Disk image',
    'Disk size',
    'Driver ISO',
    'First start',
    'Network',
    'Hyper-V',
    'I/O threads',
    'libvirt',
  ])
    expect(guest).not.toMatch(new RegExp(`^[❯ ] .*${label}`, 'm'));
  expect(await wizard.press(right)).toContain('‹ 101 win10 ›');
  await wizard.press(...to(3));
  expect(saved).toMatchObject([{guest: {domain: 'existing', name: '101'}}]);
});

it('a hookscript and a mapping are choices on Proxmox VE, and are not asked for elsewhere', async () => {
  const saved: WrittenProfile[] = [];
  const {files, virtualisation} = proxmoxFacts({101: 'bios: ovmf\nmachine: q35\nname: win10\n'}, {files: snippets});
  const host = sampleHost();
  const wizard = openWizard(
    sampleServices({
      facts: {...host, files: {...host.files, ...files}, virtualisation},
      saveProfile: (profile, path) => (saved.push(profile), {path}),
    }),
  );
  await wizard.press(...to(4), right);
  const labels = ['Operating system', 'NVIDIA driver', 'Hide KVM', 'Resource mapping', 'Pin each vCPU'];
  const shown = await wizard.press(...labels.map(() => down));
  for (const label of labels) expect(shown).toContain(label);
  expect(await wizard.press(right)).toContain('local:snippets/vfio-pilot-101.sh pins vCPU 0');
  await wizard.press(...to(3));
  expect(saved).toMatchObject([{guest: {hookscript: true, mapping: false}}]);

  const elsewhere = await openWizard(sampleServices({facts: sampleHost()})).press(...to(4));
  expect(elsewhere).toContain('Hide KVM');
  expect(elsewhere).not.toContain('Pin each vCPU');
  expect(elsewhere).not.toContain('Resource mapping');
});

const snippets = {'/etc/pve/storage.cfg': 'dir: local\n\tpath /var/lib/vz\n\tcontent snippets\n'};

it('names what a finding is about in the words of the form, also where the form does not ask for it', async () => {
  const {files, virtualisation} = proxmoxFacts({});
  const host = sampleHost();
  const facts = {...host, files: {...host.files, ...files}, virtualisation};
  const frame = await openWizard(sampleServices({facts}), {rows: 60}).press(...to(5));
  expect(frame).toContain('NOTE Disk image  guest-disk-needed');
  expect(frame).not.toMatch(/NOTE (?:guest|memory)\./);
});
