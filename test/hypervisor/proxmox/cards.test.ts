import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {proxmoxFacts} from '../../support/proxmox-facts.ts';
import {samplePci, samplePciFunctions} from '../../support/sample-facts.ts';
import {sampleDevice} from '../../support/sample-profile.ts';
import {codesOf, decide, findingOf, linesOf, renderedFindings, win10} from './decide.ts';

const hostpci = (facts: HostFacts, wish = {}): string | undefined => linesOf(facts, wish).get('hostpci0');
const blockers = (facts: HostFacts, wish = {}) =>
  renderedFindings(facts, wish)
    .filter(({severity}) => severity === 'blocker')
    .map(({code, message}) => `${code}: ${message}`);

describe('a line that the guest has about the card', () => {
  it('with a mediated device is refused, as the plan gives the whole card', () => {
    expect(blockers(proxmoxFacts({101: `${win10}hostpci0: 0000:06:00.0,mdev=nvidia-63\n`}))).toEqual([
      expect.stringContaining('mdev=nvidia-63'),
    ]);
    expect(blockers(proxmoxFacts({101: `${win10}hostpci0: 0000:41:00.0,mdev=nvidia-63\n`}))).toEqual([]);
  });

  it('with driver=keep needs the card bound at boot', () => {
    const facts = proxmoxFacts({101: `${win10}hostpci0: 0000:06:00,driver=keep\n`});
    expect(hostpci(facts)).toBe('0000:06:00,driver=keep,pcie=1');
    expect(renderedFindings(facts)).toEqual([]);
    expect(renderedFindings(facts, {binding: 'libvirt'})).toMatchObject([
      {severity: 'warning', code: 'guest-option-unsupported', message: expect.stringContaining('driver=keep')},
    ]);
  });
});

describe('a card for which the kernel has a variant of vfio-pci', () => {
  const variant = 'mlx5_vfio_pci';
  const nic = samplePci('0000:09:00.0', {class: '020000', iommuGroup: 40, vfioVariant: variant, driver: 'mlx5_core'});
  const wish = {devices: [sampleDevice(nic.address)]};
  const on = (version: string | null) =>
    proxmoxFacts(
      {101: win10},
      {
        files: version === null ? {} : {'/var/lib/dpkg/status': status(version)},
        overrides: {pci: [...samplePciFunctions, nic]},
      },
    );
  const status = (version: string) =>
    `Package: qemu-server\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`;

  it('keeps it where qemu-server has driver=keep', () => {
    expect(hostpci(on('9.0.25'), wish)).toBe('0000:09:00,driver=keep,pcie=1');
    expect(decide(on('9.0.25'), wish).plan.devices).toMatchObject([{driver: variant}]);
  });

  it.each(['9.0.24', '8.3.3', null])(
    'has vfio-pci under qemu-server %s, which would put that in its place',
    (version) => {
      expect(hostpci(on(version), wish)).toBe('0000:09:00,pcie=1');
      expect(decide(on(version), wish).plan.devices).toMatchObject([{driver: 'vfio-pci'}]);
      expect(findingOf(on(version), 'vfio-variant-unused', wish)?.message).toContain('since 9.0.25');
    },
  );

  it('has vfio-pci where it is bound at the start', () => {
    const late = {...wish, binding: 'libvirt'} as const;
    expect(hostpci(on('9.0.25'), late)).toBe('0000:09:00,pcie=1');
    expect(codesOf(on('9.0.25'), late)).toContain('warning vfio-variant-unused');
  });
});

describe('mappings of the cluster', () => {
  const map = (line: string, more = '') => ({'/etc/pve/mapping/pci.cfg': `gpu\n\tmap ${line}\n${more}`});
  const card = samplePciFunctions.find(({address}) => address === '0000:06:00.0');
  const good = `id=10de:1c81,iommugroup=${card?.iommuGroup},node=pve1,path=0000:06:00`;
  const wish = {guest: {mapping: true}};
  const conf = (line: string) => ({101: `${win10}hostpci2: ${line}\n`});

  it('name the card where the profile says so, also in a line that had its address', () => {
    expect(hostpci(proxmoxFacts({101: win10}, {files: map(good)}), wish)).toBe('mapping=gpu,pcie=1');
    expect(hostpci(proxmoxFacts({101: win10}, {files: map(good)}))).toBe('0000:06:00,pcie=1');
    const had = proxmoxFacts(conf('0000:06:00,rombar=0'), {files: map(good)});
    expect(linesOf(had, wish).get('hostpci2')).toBe('rombar=0,mapping=gpu,pcie=1');
  });

  it('that are missing block, with the command that makes one', () => {
    const facts = proxmoxFacts({101: win10}, {files: map('id=10de:1c81,node=pve2,path=0000:06:00')});
    const [finding] = renderedFindings(facts, wish);
    expect(finding).toMatchObject({severity: 'blocker', code: 'proxmox-mapping-missing'});
    expect(finding?.remedy).toContain(`pvesh create /cluster/mapping/pci --id NAME --map ${good}`);
  });

  it.each([
    ['another id', good.replace('1c81', '1c82'), 'expects the id 10de:1c82'],
    ['another group', good.replace(/iommugroup=\d+/, 'iommugroup=99'), 'expects IOMMU group 99'],
    ['no group', good.replace(/iommugroup=\d+,/, ''), 'expects IOMMU group none'],
    ['a subsystem', `${good},subsystem-id=1462:3756`, 'expects the subsystem id 1462:3756'],
    ['one function', good.replace('06:00', '06:00.0'), 'it gives 0000:06:00.0'],
    ['a second card', `${good}\n\tmap id=10de:1c81,node=pve1,path=0000:0a:00`, 'it has 2 cards of this node'],
  ])('failure mode 75: with %s block, wanted or in the guest already', (_, line, problem) => {
    const wanted = blockers(proxmoxFacts({101: win10}, {files: map(line)}), wish);
    expect(wanted).toEqual([expect.stringMatching(/^proxmox-mapping-wrong: /)]);
    expect(wanted[0]).toContain(problem);
    const had = blockers(proxmoxFacts(conf('mapping=gpu'), {files: map(line)}));
    expect(had).toEqual([expect.stringContaining(problem)]);
  });

  it('of another node never lead to a card of this one', () => {
    const facts = proxmoxFacts(conf('mapping=gpu'), {files: map('id=10de:1c81,node=pve2,path=0000:06:00')});
    expect(linesOf(facts).get('hostpci0')).toBe('0000:06:00,pcie=1');
    expect(linesOf(facts).get('hostpci2')).toBe('mapping=gpu');
  });
});

describe('who binds the card', () => {
  const twin = samplePci('0000:0b:00.0', {
    class: '030000',
    vendor: '10de',
    device: '1c81',
    driver: null,
    iommuGroup: 41,
  });
  const host = (more: readonly (typeof twin)[]) =>
    proxmoxFacts({101: win10}, {overrides: {pci: [...samplePciFunctions, ...more]}});

  it('is this program, by address and early, so that Proxmox VE has nothing to write to new_id', () => {
    const {plan, findings} = decide(host([twin]));
    expect(plan.binding).toMatchObject({by: 'address', byAddress: ['0000:06:00.0', '0000:06:00.1']});
    expect(plan.decisions.find(({choice}) => choice === 'before Proxmox VE does it')?.because).toContain('new_id');
    expect(findings.map(({code}) => code)).not.toContain('proxmox-twin-taken');
    expect(plan.kernelArguments.add.filter(({text}) => text.includes('ids='))).toEqual([]);
  });

  it('failure mode 81: is Proxmox VE where the profile says so, which takes a twin without a driver along', () => {
    const late = {binding: 'libvirt'} as const;
    expect(findingOf(host([twin]), 'proxmox-twin-taken', late)).toMatchObject({
      severity: 'warning',
      subject: twin.address,
      remedy: expect.stringContaining('binding: auto'),
    });
    expect(codesOf(host([{...twin, driver: 'nouveau'}]), late)).not.toContain('warning proxmox-twin-taken');
    expect(codesOf(host([{...twin, device: '1c82'}]), late)).not.toContain('warning proxmox-twin-taken');
  });
});
