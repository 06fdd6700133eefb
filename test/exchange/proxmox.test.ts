import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {exportGuest} from '../../src/exchange/proxmox/export-guest.ts';
import {importGuest} from '../../src/exchange/proxmox/import-guest.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {nextStartOf, parseGuestConfig} from '../../src/formats/qemu-server/config.ts';
import {renderWantedGuest} from '../../src/hypervisor/proxmox/config/render-guest.ts';
import {proxmoxPlanOf} from '../../src/hypervisor/proxmox/proxmox-facts.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {problemOfLine} from '../support/proxmox-schema.ts';
import {sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const base = 'bios: ovmf\ncores: 4\nmachine: q35\nmemory: 8192\nname: Win 10\nostype: win11\n';
const card = `${base}cpu: host\nhostpci0: 0000:06:00,pcie=1\n`;
const imported = (facts: HostFacts, word = '101') => importGuest(facts, {word});
const leftOut = (conf: string, files = {}) =>
  imported(proxmoxFacts({101: conf}, {files})).leftOut.map(({message}) => message);

describe('import proxmox', () => {
  it('makes a profile of what the guest has, and leaves the rest to this program', () => {
    const {profile, leftOut: rest} = imported(proxmoxFacts({101: card}));
    expect(profile).toMatchObject({
      name: 'win-10',
      devices: [
        {address: '0000:06:00.0', id: '10de:1c81'},
        {address: '0000:06:00.1', id: '10de:0fb9'},
      ],
      cpu: {vcpus: 4, pins: 'auto'},
      memory: {sizeMiB: 8192, hugepages: 'none', node: 'auto'},
      guest: {name: '101', domain: 'existing', os: 'windows-11', hideHypervisor: 'auto', mapping: false},
    });
    expect(rest).toEqual([]);
    const text = encodeProfile(profile);
    expect(decodeProfile(text, 'x').profile).toEqual(profile);
  });

  it('finds what a plan has written, and a plan of that changes nothing of the guest', () => {
    const facts = proxmoxFacts({101: `${card}vga: std\n`}, {files: snippets});
    const wish = {guest: {name: '101', hookscript: true, os: 'windows-11'}, cpu: {vcpus: 4}} as const;
    const {plan, changes} = previewChanges(facts, sampleProfile(wish));
    const conf = renderWantedGuest(facts, proxmoxPlanOf(plan));
    const script = changes.find(({path}) => path === plan101);
    const text = script !== undefined && 'content' in script ? (script.content?.text ?? '') : '';
    const applied = proxmoxFacts({101: conf}, {files: {...snippets, [plan101]: text}});
    const {profile} = imported(applied);
    expect(profile.cpu).toMatchObject({vcpus: 4, pins: plan.pinning.vcpus.map(({cpus}) => cpus[0])});
    expect(profile.memory).toMatchObject({sizeMiB: 12_288, hugepages: '2MiB', node: 0});
    expect(profile.guest.hookscript).toBe(true);
    const again = previewChanges(applied, {...profile, name: 'sample'}).changes.map(({path}) => path);
    expect(again.filter((path) => path.startsWith('/etc/pve/') || path.startsWith('/var/lib/vz/'))).toEqual([]);
  });

  it('takes an affinity of whole cores as pins, and says when it is none', () => {
    const pinsOf = (affinity: string) =>
      imported(proxmoxFacts({101: `${card}affinity: ${affinity}\n`})).profile.cpu.pins;
    expect(pinsOf('4,6,16,18')).toEqual([4, 16, 6, 18]);
    expect(pinsOf('4,6,8,16')).toBe('auto');
    expect(leftOut(`${card}affinity: 0-23\n`)).toEqual([expect.stringContaining('affinity 0-23')]);
  });

  it('knows hiding, pages, ROM files and mappings', () => {
    const files = {'/etc/pve/mapping/pci.cfg': 'gpu\n\tmap id=10de:1c81,iommugroup=17,node=pve1,path=0000:06:00\n'};
    const conf = `${base}cpu: host,hidden=1,hv-vendor-id=abc\nhugepages: 1024\nnuma: 1\nhostpci3: mapping=gpu,romfile=a.rom\n`;
    const {profile} = imported(proxmoxFacts({101: conf}, {files}));
    expect(profile).toMatchObject({
      devices: [{address: '0000:06:00.0', rom: '/usr/share/kvm/a.rom'}, {rom: null}],
      memory: {hugepages: '1GiB'},
      guest: {hideHypervisor: true, hypervVendorId: 'abc', mapping: true},
    });
  });

  it('has a virtual function by its card', () => {
    const nic = samplePci('0000:04:00.0', {
      class: '020000',
      iommuGroup: 30,
      sriov: sampleSriov({functions: ['0000:04:10.0']}),
    });
    const part = samplePci('0000:04:10.0', {class: '020000', iommuGroup: 31, physicalFunction: nic.address});
    const facts = proxmoxFacts(
      {101: `${base}hostpci0: 04:10.0\n`},
      {overrides: {pci: [...samplePciFunctions, nic, part]}},
    );
    expect(imported(facts).profile.devices).toMatchObject([
      {kind: 'virtual-function', function: {of: {address: nic.address}, index: 0}},
    ]);
  });

  it.each([
    ['args: -device evil', 'args (-device evil) stays'],
    ['hookscript: local:snippets/mine.pl', 'neither read nor run'],
    ['balloon: 2048', 'balloon: 2048 becomes 0'],
    ['hostpci1: 0000:41:00', 'no device of this node is there'],
    ['hostpci1: mapping=far', 'leads to no card of this node'],
    ['hostpci1: 0000:06:00.0,mdev=nvidia-63', 'is a mediated device'],
    ['hostpci1: nonsense', 'does not understand hostpci1'],
  ])('says that it leaves out %s', (line, said) => {
    expect(leftOut(`${card}${line}\n`)).toEqual([expect.stringContaining(said)]);
    const {
      leftOut: [finding],
    } = imported(proxmoxFacts({101: `${card}${line}\n`}));
    expect(finding).toMatchObject({severity: 'note', code: 'import-left-out'});
  });

  it.each([
    [{101: base}, '101', 'has no card of this node'],
    [{101: card}, 'mail', 'is a guest of node pve2'],
    [{101: card}, '105', 'has no guest 105'],
    [{101: card, 102: card}, 'Win 10', 'Several guests'],
  ])('refuses %o for %s', (confs, word, said) => {
    const files = {'/etc/pve/nodes/pve2/qemu-server/104.conf': 'name: mail\n'};
    expect(() => imported(proxmoxFacts(confs, {files}), word)).toThrow(said);
    expect(() => importGuest(sampleFacts(), {word})).toThrow('no Proxmox VE');
  });
});

const snippets = {'/etc/pve/storage.cfg': 'dir: local\n\tpath /var/lib/vz\n\tcontent snippets,images\n'};
const plan101 = '/var/lib/vz/snippets/vfio-pilot-101.sh';

describe('export proxmox', () => {
  const exported = (confs: Readonly<Record<string, string>>, wish: Parameters<typeof sampleProfile>[0] = {}) => {
    const facts = proxmoxFacts(confs, {files: snippets});
    return exportGuest(facts, previewChanges(facts, sampleProfile({guest: {name: '101', ...wish.guest}, ...wish})));
  };
  const linesOf = (sections: ReturnType<typeof exported>, title: string) =>
    sections.find((one) => one.title?.startsWith(title))?.lines ?? [];

  it('is the command of qm, and the same as lines that Proxmox understands', () => {
    const sections = exported({101: `${card}numa0: cpus=0,memory=1\nnuma1: cpus=1,memory=1\n`});
    const [command = ''] = linesOf(sections, 'Run as root');
    expect(command).toMatch(/^qm set 101 --affinity /);
    expect(command).not.toContain('--digest');
    const lines = linesOf(sections, 'The same as lines of /etc/pve/qemu-server/101.conf');
    expect(lines).toContain('# without numa1');
    const settings = nextStartOf(parseGuestConfig(lines.filter((line) => !line.startsWith('#')).join('\n')));
    expect(settings.length).toBeGreaterThan(5);
    for (const {key, value} of settings) {
      expect(problemOfLine(key, value)).toBeNull();
      expect(command).toContain(`--${key} `);
    }
    expect(linesOf(sections, 'What the plan changes on the host').join('\n')).toContain(
      '/etc/modprobe.d/vfio-pilot.conf',
    );
  });

  it('creates a guest that there is not, and says when nothing is to do', () => {
    const [command = ''] = linesOf(exported({}, {guest: {name: 'new-one'}}), 'Run as root');
    expect(command).toMatch(/^qm create 100 --/);
    const facts = proxmoxFacts({101: card}, {files: snippets});
    const {plan} = previewChanges(facts, sampleProfile({guest: {name: '101'}}));
    const done = exported({101: renderWantedGuest(facts, proxmoxPlanOf(plan))});
    expect(linesOf(done, 'Run as root')).toEqual(['# Guest 101 has all of it.']);
  });

  it('has the hookscript as a here-document', () => {
    const lines = linesOf(exported({101: card}, {guest: {name: '101', hookscript: true}}), 'The hookscript');
    expect(lines.slice(0, 3)).toEqual([
      'mkdir -p /var/lib/vz/snippets',
      `cat > ${plan101} <<'END_OF_HOOKSCRIPT'`,
      '#!/bin/sh',
    ]);
    expect(lines.slice(-2)).toEqual(['END_OF_HOOKSCRIPT', `chmod 755 ${plan101}`]);
  });

  it('is refused where there is no Proxmox VE', () => {
    const facts = sampleFacts();
    expect(() => exportGuest(facts, previewChanges(facts, sampleProfile()))).toThrow('no Proxmox VE');
  });
});
