import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {renderHost} from '../../src/changes/render-host.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {kvmPlanOf} from '../../src/hypervisor/kvm/kvm-plan.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const decide = (guest = {}, overrides = {}) =>
  planPassthrough(sampleFacts(defaultShape, overrides), sampleProfile({guest}));
const libvirt = (values: object) => ({virtualisation: {...libvirtOf(sampleFacts()), ...values}});
const domainOf = ({plan}: ReturnType<typeof decide>) => kvmPlanOf(plan).guest;
const because = (result: ReturnType<typeof decide>, subject: string): string =>
  result.plan.decisions.find((decision) => decision.subject === subject)?.because ?? '';

describe('guest', () => {
  it('failure mode 23: does not hide KVM from a current NVIDIA driver and says from which release on that is so', () => {
    const result = decide();
    expect(result.plan.guest).toMatchObject({isKvmHidden: false, hypervVendorId: null});
    expect(because(result, 'guest.hideHypervisor')).toContain('R465');
  });

  it('failure mode 23: hides KVM for an old driver and for a mobile GPU, each with its reason', () => {
    const old = decide({nvidiaDriver: 'before-r465'});
    expect(old.plan.guest).toMatchObject({isKvmHidden: true, hypervVendorId: expect.stringMatching(/^.{1,12}$/)});
    const mobile = samplePciFunctions.map((device) =>
      device.address === '0000:06:00.0'
        ? samplePci(device.address, {...device, class: '030200', name: 'TU117M [GeForce GTX 1650 Mobile]'})
        : device,
    );
    const result = decide({}, {pci: mobile});
    expect(result.plan.guest).toMatchObject({isKvmHidden: true});
    expect(because(result, 'guest.hideHypervisor')).toContain('mobile');
  });

  it('proposes only Hyper-V features that this libvirt knows, with what they stand on', () => {
    expect(domainOf(decide({}, libvirt({version: '1.2.9'}))).hyperv).toEqual(['relaxed', 'vapic', 'spinlocks']);
    const current = domainOf(decide()).hyperv;
    expect(current).toEqual([
      'relaxed',
      'vapic',
      'spinlocks',
      'vpindex',
      'runtime',
      'synic',
      'stimer',
      'frequencies',
      'tlbflush',
      'ipi',
    ]);
    expect(domainOf(decide({os: 'linux'})).hyperv).toEqual([]);
    expect(domainOf(decide({}, libvirt({hypervFeatures: ['relaxed', 'stimer']}))).hyperv).toEqual(['relaxed']);
  });

  it('blocks a Hyper-V feature without what it needs', () => {
    expect(decide({hyperv: ['stimer']}).findings).toContainEqual(
      expect.objectContaining({
        code: 'guest-option-unsupported',
        severity: 'blocker',
        message: 'stimer needs vpindex and synic.',
      }),
    );
  });

  it('is not given a Hyper-V feature whose name every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(decide({hyperv: [name]}).findings).toContainEqual(
        expect.objectContaining({
          code: 'guest-option-unsupported',
          message: `${name} is no Hyper-V feature of libvirt.`,
        }),
      );
  });

  it('warns of a disk that is a device of the host, and does not tell to make an image over it', () => {
    for (const disk of ['/dev/sda', '//dev/sda', '/./dev/sda', '/dev/disk/by-id/x', '/proc/1/root/dev/sda']) {
      const codes = decide({disk, domain: 'new'}).findings.map(({code}) => code);
      expect([codes.includes('guest-disk-is-device'), codes.includes('guest-disk-needed')], disk).toEqual([
        true,
        false,
      ]);
    }
    expect(
      decide({disk: '/var/lib/libvirt/images/dev/x.qcow2', domain: 'new'}).findings.map(({code}) => code),
    ).toContain('guest-disk-needed');
  });

  it('failure mode 66: has no disk made for it, and the command for one comes with the word that it may be there', () => {
    const disk = '/var/lib/libvirt/images/x.qcow2';
    const decided = decide({disk, domain: 'new'});
    expect(decided.findings.find(({code}) => code === 'guest-disk-needed')?.remedy).toMatch(
      /unless the image is there already: qemu-img create/,
    );
    const {artifacts} = renderHost(sampleFacts(), decided.plan);
    expect(artifacts.length).toBeGreaterThan(0);
    expect(JSON.stringify(artifacts.filter(({kind}) => kind === 'command'))).not.toContain('qemu-img');
    expect(artifacts.some((artifact) => 'path' in artifact && artifact.path === disk)).toBe(false);
  });

  it('is not given a disk that the host uses, by whichever name', () => {
    const hostDisks = [{paths: ['/dev/sda', '/dev/disk/by-id/ata-1'], use: '/ is on sda2'}];
    for (const disk of ['/dev/sda', '//dev/./sda', '/dev/disk/by-id/ata-1']) {
      expect(decide({disk, domain: 'new'}, {hostDisks}).findings, disk).toContainEqual(
        expect.objectContaining({
          code: 'guest-disk-in-use',
          severity: 'blocker',
          message: expect.stringContaining('/ is on sda2'),
        }),
      );
    }
    expect(decide({disk: '/dev/sdb', domain: 'new'}, {hostDisks}).findings.map(({code}) => code)).toContain(
      'guest-disk-is-device',
    );
  });

  it('asks for topoext on AMD with sibling threads only', () => {
    expect(domainOf(decide()).hasTopoext).toBe(false);
    expect(domainOf(decide({}, {cpu: {...sampleFacts().cpu, vendor: 'AuthenticAMD'}})).hasTopoext).toBe(true);
  });

  it('gives Windows 11 Secure Boot and a TPM, and warns where they are not installed', () => {
    const {plan} = decide({os: 'windows-11'});
    expect(plan.guest).toMatchObject({firmware: 'uefi-secure', hasTpm: true});
    const bare = decide({os: 'windows-11'}, libvirt({hasSwtpm: false, firmware: []}));
    expect(bare.findings.map((finding) => finding.code)).toEqual(
      expect.arrayContaining(['guest-tpm-missing', 'guest-firmware-missing']),
    );
  });

  it('compares a wish for a new or an existing domain with what is there', () => {
    const domains = libvirt({
      domains: [
        {
          name: 'win10',
          uuid: null,
          path: '/etc/libvirt/qemu/win10.xml',
          xml: '<domain/>',
          isActive: false,
          isAutostart: false,
        },
      ],
    });
    expect(decide({domain: 'new'}, domains).findings.map((finding) => finding.code)).toContain('guest-exists');
    expect(decide({domain: 'existing'}).findings.map((finding) => finding.code)).toContain('guest-missing');
    expect(decide({}, domains).plan.guest.isNew).toBe(false);
  });

  it('failure mode 46: refuses emulator threads without a CPU on the node of the hugepages', () => {
    const result = planPassthrough(sampleFacts(), sampleProfile({cpu: {emulator: [1]}}));
    expect(result.findings.map((finding) => finding.code)).toContain('guest-emulator-off-node');
  });
});

describe('the network of a new guest', () => {
  it('is noted when libvirt does not start it on its own', () => {
    expect(decide({}, libvirt({autostartNetworks: []})).findings.map((finding) => finding.code)).toContain(
      'guest-network-inactive',
    );
    expect(decide({}, libvirt({autostartNetworks: ['default']})).findings.map((finding) => finding.code)).not.toContain(
      'guest-network-inactive',
    );
    expect(
      decide({network: 'elsewhere'}, libvirt({autostartNetworks: []})).findings.map((finding) => finding.code),
    ).not.toContain('guest-network-inactive');
  });
});
