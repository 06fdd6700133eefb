import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import type {FindingCode} from '../../src/findings/codes.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {parseOptionRom} from '../../src/host/pci/option-rom.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {optionRom} from '../host/rom-bytes.ts';
import {sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const {boot, kernel} = sampleFacts();
const libvirt = libvirtOf(sampleFacts());
const card = '0000:06:00.0';
const withCard = (values: Partial<PciFunction>, more: readonly PciFunction[] = []): Pick<HostFacts, 'pci'> => ({
  pci: [...samplePciFunctions.map((device) => (device.address === card ? {...device, ...values} : device)), ...more],
});
const profileOf = (id: string, rest: Parameters<typeof sampleProfile>[0] = {}): Profile =>
  sampleProfile({
    devices: sampleProfile().devices.map((device) => (device.address === card ? {...device, id} : device)),
    ...rest,
  });
const findings = (
  code: FindingCode,
  overrides: Partial<HostFacts>,
  profile: Profile = sampleProfile(),
): readonly Finding[] =>
  planPassthrough(sampleFacts(undefined, overrides), profile).findings.filter((finding) => finding.code === code);
const told = (severity: Finding['severity'], message: RegExp, remedy = /\S/) => [
  {severity, message: expect.stringMatching(message) as string, remedy: expect.stringMatching(remedy) as string},
];
const running = (major: number, minor: number): HostFacts['kernel'] => ({...kernel, version: {major, minor}});

describe('failure mode 11: a boot framebuffer in the memory of the card', () => {
  it('is a warning on kernels where vfio-pci does not send it away, with what helps against this one', () => {
    expect(
      findings('device-framebuffer', {...withCard({bootFramebuffers: ['efifb']}), kernel: running(5, 10)}),
    ).toMatchObject(told('warning', /efifb in its memory/, /primary display.*video=efifb:off on the kernel/));
    expect(
      findings('device-framebuffer', {...withCard({bootFramebuffers: ['BOOTFB']}), kernel: running(5, 15)}),
    ).toMatchObject(told('warning', /BOOTFB/, /initcall_blacklist=sysfb_init.*video=efifb:off does nothing/));
    expect(
      findings('device-framebuffer', {
        ...withCard({bootFramebuffers: ['simpledrm'], class: '030200'}),
        kernel: running(6, 8),
      }),
    ).toMatchObject(told('warning', /simpledrm/));
  });

  it('is a note where vfio-pci does, and nothing where there is none', () => {
    expect(
      findings('device-framebuffer', {...withCard({bootFramebuffers: ['efifb']}), kernel: running(6, 1)}),
    ).toMatchObject(told('note', /vfio-pci sends away/));
    for (const bootFramebuffers of [[], null])
      expect(findings('device-framebuffer', withCard({bootFramebuffers}))).toEqual([]);
  });
});

describe('a card that is known to stay stuck', () => {
  const pci = (vendor: string, device: string, values: Partial<PciFunction> = {}): Pick<HostFacts, 'pci'> =>
    withCard({vendor, device, ...values});

  it.each([
    ['67df', 'Polaris'],
    ['687f', 'Vega'],
    ['731f', 'Navi'],
  ])(
    'failure mode 24: AMD %s is named with vendor-reset, and with the key that Secure Boot asks for',
    (device, family) => {
      const profile = profileOf(`1002:${device}`);
      expect(findings('device-reset-fragile', pci('1002', device), profile)).toMatchObject(
        told(
          'warning',
          new RegExp(`AMD ${family}`),
          /vendor-reset.*`echo device_specific > \/sys\/bus\/pci\/devices\/[\d:a-f.]+\/reset_method`\.$/,
        ),
      );
      expect(
        findings('device-reset-fragile', {...pci('1002', device), boot: {...boot, secureBoot: true}}, profile),
      ).toMatchObject(told('warning', /AMD/, /mokutil/));
      expect(
        findings('device-reset-fragile', pci('1002', device, {resetMethods: ['device_specific', 'bus']}), profile),
      ).toEqual([]);
    },
  );

  it.each(['2b85', '2c02', '2d04', '2f04'])('failure mode 25: NVIDIA Blackwell %s is named', (device) => {
    expect(findings('device-reset-fragile', pci('10de', device), profileOf(`10de:${device}`))).toMatchObject(
      told('warning', /Blackwell/, /never by force/),
    );
  });

  it.each([
    ['10de', '1c81'],
    ['10de', '2684'],
    ['1002', '73bf'],
    ['8086', '56a0'],
  ])('does not mean %s:%s', (vendor, device) => {
    expect(findings('device-reset-fragile', pci(vendor, device), profileOf(`${vendor}:${device}`))).toEqual([]);
  });
});

describe('failure mode 28: the ROM of a card', () => {
  const path = '/usr/share/vgabios/card.rom';
  const wish = (firmware: 'uefi' | 'bios' = 'uefi', rom = path): Profile =>
    sampleProfile({
      devices: sampleProfile().devices.map((device) => (device.address === card ? {...device, rom} : device)),
      guest: {firmware},
    });
  const roms = (bytes: Buffer): Partial<HostFacts> => ({roms: {[path]: parseOptionRom(bytes)}});

  it('is fine for this card and this firmware', () => {
    expect(findings('guest-rom-invalid', roms(optionRom(['10de:1c81', 0], ['10de:1c81', 3])), wish())).toEqual([]);
    expect(findings('guest-rom-invalid', roms(optionRom(['10de:1c81', 0])), wish('bios'))).toEqual([]);
  });

  it('that is damaged, another card’s, without UEFI image, or not there is reported', () => {
    expect(findings('guest-rom-invalid', roms(Buffer.from('NVGI')), wish())).toMatchObject(
      told('warning', /does not begin with 55 AA/),
    );
    expect(findings('guest-rom-invalid', roms(optionRom(['10de:2504', 3])), wish())).toMatchObject(
      told('warning', /for 10de:2504 and not for 10de:1c81/),
    );
    expect(findings('guest-rom-invalid', roms(optionRom(['10de:1c81', 0])), wish())).toMatchObject(
      told('warning', /no UEFI image/),
    );
    expect(findings('guest-rom-invalid', {isLive: true, roms: {}}, wish())).toMatchObject(
      told('warning', /There is no option ROM at/),
    );
    expect(findings('guest-rom-invalid', {roms: {}}, wish())).toEqual([]);
  });
});

describe('Xen', () => {
  const xen: Partial<HostFacts> = {kernel: {...kernel, hypervisor: 'xen'}};

  it('failure mode 30: is refused, with the addresses spelled whole and in parentheses', () => {
    expect(findings('xen-unserved', xen)).toMatchObject(
      told('blocker', /\/sys\/hypervisor does not say so/, /xen-pciback\.hide=\(0000:06:00\.0\)\(0000:06:00\.1\) /),
    );
    expect(findings('xen-unserved', {})).toEqual([]);
  });
});

it('failure mode 34: a driver that libvirt would take the card from may never let go', () => {
  const byLibvirt = sampleProfile({binding: 'libvirt'});
  expect(findings('device-held-by-driver', withCard({driver: 'nvidia'}), byLibvirt)).toMatchObject(
    told('warning', /from nvidia when the guest starts: a display manager, nvidia-persistenced/, /binding: address/),
  );
  expect(findings('device-held-by-driver', withCard({driver: 'vfio-pci'}), byLibvirt)).toEqual([]);
  expect(findings('device-held-by-driver', withCard({driver: 'nvidia'}))).toEqual([]);
});

describe('failure mode 37: a device that is shared in parts', () => {
  const part = samplePci('0000:06:10.0', {class: '020000', physicalFunction: card, iommuGroup: 40});

  it('can not be given away whole while there are parts', () => {
    expect(findings('device-shared-in-parts', withCard({}, [part]))).toMatchObject(
      told('blocker', /split into virtual functions \(0000:06:10\.0\)/, /sriov_numvfs/),
    );
    expect(findings('device-shared-in-parts', withCard({hasMdevTypes: true}))).toMatchObject(
      told('warning', /mediated devices/),
    );
    expect(findings('device-shared-in-parts', withCard({sriov: sampleSriov({total: 7})}))).toEqual([]);
  });

  it('is not there yet in the initramfs, nor after a reboot unless somebody makes it', () => {
    const devices = [sampleDevice(part.address, {id: '10de:1c81'})];
    expect(findings('device-is-virtual', withCard({}, [part]), sampleProfile({devices}))).toMatchObject(
      told('blocker', /nothing can bind it in the initramfs/, /function: \{of: \{address: 0000:06:00\.0\}/),
    );
    expect(
      findings('device-is-virtual', withCard({}, [part]), sampleProfile({devices, binding: 'libvirt'})),
    ).toMatchObject(told('warning', /virtual function of 0000:06:00\.0/, /profile new --device 0000:06:10\.0/));
  });
});

it('failure mode 38: a guest that starts on its own is reported before the first boot', () => {
  const domain = {
    name: 'win10',
    uuid: null,
    path: '/etc/libvirt/qemu/win10.xml',
    xml: '<domain/>',
    isActive: false,
    isAutostart: true,
  };
  expect(findings('guest-autostart', {virtualisation: {...libvirt, domains: [domain]}})).toMatchObject(
    told('warning', /starts win10 at every boot/, /virsh autostart --disable win10/),
  );
  expect(
    findings('guest-autostart', {virtualisation: {...libvirt, domains: [{...domain, isAutostart: false}]}}),
  ).toEqual([]);
});
