import {describe, expect, it} from 'vitest';
import type {GuestClaim, GuestFacts} from '../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {libvirtOf, type DomainFacts} from '../../src/facts/virtualisation.ts';
import {decodeGuestRecord, guestRecord} from '../../src/host/guests/guest-record.ts';
import {readPrintedClaims} from '../../src/host/guests/printed-claims.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';

type Other = {
  readonly name?: string;
  readonly pins?: readonly number[];
  readonly gibibytes?: number;
  readonly pageKiB?: number;
  readonly node?: number;
  readonly bus?: string;
};

const domain = ({name = 'other', pins = [], gibibytes = 8, pageKiB, node = 0, bus = '0b'}: Other): DomainFacts => ({
  name,
  uuid: null,
  path: `/etc/libvirt/qemu/${name}.xml`,
  xml: `<domain type='kvm'><name>${name}</name><memory unit='GiB'>${gibibytes}</memory>
    ${pageKiB === undefined ? '' : `<memoryBacking><hugepages><page size='${pageKiB}' unit='KiB'/></hugepages></memoryBacking>`}
    <cputune>${pins.map((cpu, vcpu) => `<vcpupin vcpu='${vcpu}' cpuset='${cpu}'/>`).join('')}</cputune>
    <numatune><memory mode='strict' nodeset='${node}'/></numatune>
    <devices><hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x${bus}' slot='0x00' function='0x0'/></source></hostdev></devices></domain>`,
  isActive: null,
  isAutostart: false,
});

const second = samplePci('0000:0b:00.0', {
  iommuGroup: 30,
  numaNode: 0,
  driver: 'vfio-pci',
  upstream: ['0000:00:09.0'],
  modules: ['amdgpu'],
  vendor: '1002',
  device: '67df',
});
const pci = [...samplePciFunctions, second];

const decide = (
  others: readonly Other[],
  profile: Parameters<typeof sampleProfile>[0] = {},
  facts: Partial<HostFacts> = {},
) => {
  const host = sampleFacts(undefined, {
    pci,
    virtualisation: {...libvirtOf(sampleFacts()), domains: others.map(domain)},
    ...facts,
  });
  const {plan, findings} = planPassthrough(host, sampleProfile(profile));
  return {
    plan,
    findings,
    pins: plan.pinning.vcpus.flatMap(({cpus}) => cpus),
    add: plan.kernelArguments.add.map(({text}) => text).filter((text) => text.includes('hugepages')),
  };
};
const found = (findings: ReturnType<typeof decide>['findings'], code: string) =>
  findings.filter((finding) => finding.code === code);
/** As the run of the first guest has left it. */
const recorded = (claim: Partial<GuestClaim>): GuestFacts => ({
  recorded: [
    {
      guest: 'other',
      profile: 'one',
      functions: [],
      virtualFunctions: [],
      pooledFunctions: [],
      kvmfr: null,
      mediatedDevices: [],
      usbDevices: [],
      moduleOptions: [],
      hugepages: null,
      isolation: {method: 'none', cpus: []},
      kernelArguments: [],
      ...claim,
    },
  ],
  printed: null,
});
const grub = (line: string): Partial<HostFacts> => ({
  files: sampleFiles({'/etc/default/grub': `GRUB_CMDLINE_LINUX="${line}"\n`}),
});
const small: Partial<Profile['cpu']> = {vcpus: 4};

describe('a second guest', () => {
  it('keeps away from CPUs that the first is pinned to, with its helpers too, and says so', () => {
    const {pins, plan, findings} = decide([{pins: [2, 14, 4, 16]}], {cpu: small});
    expect(pins).toEqual([6, 18, 8, 20]);
    expect(
      [...plan.pinning.emulator, ...plan.pinning.iothreads.flatMap(({cpus}) => cpus)].filter((cpu) =>
        [2, 14, 4, 16].includes(cpu),
      ),
    ).toEqual([]);
    expect(found(findings, 'cpu-shared-with-guest')).toEqual([]);
    expect(plan.decisions.find(({subject}) => subject === 'cpu.pins')?.because).toContain(
      '2,4,14,16 stay with the guest other',
    );
  });

  it('spreads over the other node before it shares CPUs, and shares them with a warning where none are left', () => {
    const spread = decide([{pins: [2, 14, 4, 16, 6, 18, 8, 20]}], {memory: {sizeMiB: 4096}});
    expect(spread.plan.pinning.hostNodes).toEqual([0, 1]);
    expect(found(spread.findings, 'cpu-shared-with-guest')).toEqual([]);
    const {pins, findings} = decide([{pins: [2, 14, 4, 16, 6, 18, 8, 20, 1, 13, 3, 15, 5, 17, 7, 19, 9, 21]}]);
    expect(pins.length).toBe(8);
    expect(found(findings, 'cpu-shared-with-guest')).toMatchObject([
      {severity: 'warning', message: expect.stringContaining('pinned by the guest other')},
    ]);
  });

  it('is warned when its own pins are another guest’s', () => {
    const {findings} = decide([{pins: [2, 14]}], {cpu: {vcpus: 2, pins: [2, 14]}});
    expect(found(findings, 'cpu-shared-with-guest')).toMatchObject([{message: expect.stringContaining('CPUs 2,14')}]);
  });

  it('has only the memory that the first leaves on its node', () => {
    const {findings} = decide([{gibibytes: 14}], {memory: {sizeMiB: 12288, node: 0}});
    expect(found(findings, 'memory-too-large')).toMatchObject([
      {
        severity: 'blocker',
        message: expect.stringMatching(/Node 0 has 10240 MiB next to the 14336 MiB of other guests/),
      },
    ]);
    expect(decide([{gibibytes: 14}], {memory: {sizeMiB: 12288}}).plan.memory).toMatchObject({
      nodes: [0, 1],
      othersKiB: {0: 14680064},
      hugepages: {perNode: {0: 3072, 1: 3072}},
    });
  });

  it('adds its pages to those of the first, without a conflict', () => {
    const {add, plan, findings} = decide(
      [{gibibytes: 8, pageKiB: 2048, node: 1}],
      {},
      grub('hugepagesz=2M hugepages=1:4096'),
    );
    expect(add).toEqual(['hugepagesz=2M', 'hugepages=0:6144,1:4096']);
    expect(plan.memory.hugepages).toMatchObject({perNode: {0: 6144}, reserved: {1: 4096}});
    expect(found(findings, 'kernel-argument-conflict')).toEqual([]);
  });

  it('gives the same sum when the first is planned again, and leaves pages alone that are not on the command line', () => {
    expect(
      decide([{gibibytes: 8, pageKiB: 2048, node: 1}], {}, grub('hugepagesz=2M hugepages=0:6144,1:4096')).add,
    ).toEqual(['hugepagesz=2M', 'hugepages=0:6144,1:4096']);
    expect(decide([{gibibytes: 8, pageKiB: 2048, node: 1}]).add).toEqual(['hugepagesz=2M', 'hugepages=0:6144']);
  });

  it('keeps pages of the first that have another size, on one line, and its default', () => {
    const gigabytes = decide(
      [{gibibytes: 8, pageKiB: 1048576, node: 1}],
      {},
      grub('default_hugepagesz=1G hugepagesz=1G hugepages=1:8'),
    );
    expect(gigabytes.add).toEqual([
      'default_hugepagesz=1G',
      'hugepagesz=2M',
      'hugepages=0:6144',
      'hugepagesz=1G',
      'hugepages=1:8',
    ]);
    expect(gigabytes.plan.memory.hugepages?.mount).toBe('/dev/hugepages2M');
    const small = decide(
      [{gibibytes: 8, pageKiB: 2048, node: 1}],
      {memory: {hugepages: '1GiB'}},
      grub('hugepagesz=2M hugepages=1:4096'),
    );
    expect(small.add).toEqual(['hugepagesz=2M', 'hugepages=1:4096', 'hugepagesz=1G', 'hugepages=0:12']);
    expect(small.plan.memory.hugepages?.mount).toBe('/dev/hugepages1G');
  });

  it('lets the unit of old kernels keep both guests’ pages, and says that it can not do so in two sizes', () => {
    const kernel = {...sampleFacts().kernel, version: {major: 5, minor: 4}};
    const {plan, findings} = decide(
      [{gibibytes: 8, pageKiB: 2048, node: 0}],
      {memory: {sizeMiB: 8192}},
      {kernel, ...grub('hugepagesz=2M hugepages=8192')},
    );
    expect(plan.memory.hugepages).toMatchObject({
      perNode: {0: 4096},
      reserved: {0: 4096},
      bootTotal: 16384,
      release: {0: 8192, 1: 0},
    });
    expect(found(findings, 'kernel-argument-conflict')).toEqual([]);
    const two = decide(
      [{gibibytes: 8, pageKiB: 1048576, node: 1}],
      {},
      {kernel, ...grub('hugepagesz=1G hugepages=16')},
    );
    expect(
      found(two.findings, 'kernel-argument-conflict')
        .map(({message}) => message)
        .join(),
    ).toContain("can't place two sizes");
  });

  it('does not count pages that a hook takes for the first when it starts', () => {
    const path = '/etc/libvirt/hooks/qemu.d/vfio-pilot-30-pages-other';
    const lines = grub('hugepagesz=2M hugepages=100');
    const reserved = (guests: GuestFacts): unknown =>
      decide([{pageKiB: 2048, node: 1}], {}, {...lines, guests}).plan.memory.hugepages;
    const claim = (takenAt: 'boot' | 'start'): GuestFacts =>
      recorded({hugepages: {sizeKiB: 2048, perNode: {1: 4096}, takenAt}});
    expect(reserved({recorded: [], printed: readPrintedClaims({[path]: sampleFile(path, '')})})).toMatchObject({
      reserved: null,
    });
    expect(reserved(claim('start'))).toMatchObject({reserved: null});
    expect(reserved(claim('boot'))).toMatchObject({reserved: {1: 4096}});
  });

  it('names only the guests that pages are set aside for at boot', () => {
    const {plan} = decide(
      [
        {name: 'other', gibibytes: 8, pageKiB: 2048, node: 1},
        {name: 'at-boot', gibibytes: 8, pageKiB: 2048, node: 1},
      ],
      {},
      {
        ...grub('hugepagesz=2M hugepages=1:4096'),
        guests: recorded({hugepages: {sizeKiB: 2048, perNode: {1: 4096}, takenAt: 'start'}}),
      },
    );
    const because = plan.kernelArguments.add.find(({text}) => text.startsWith('hugepages='))?.because;
    expect(because).toMatch(/4096 pages of 2M on node 1 for at-boot$/u);
  });

  it('with the same card shares everything else too, as the two never run at once, and says so', () => {
    const {pins, add, findings} = decide(
      [{pins: [2, 14, 4, 16], gibibytes: 16, pageKiB: 2048, bus: '06'}],
      {cpu: small},
      grub('hugepagesz=2M hugepages=0:8192'),
    );
    expect(pins).toEqual([2, 14, 4, 16]);
    expect(add).toEqual(['hugepagesz=2M', 'hugepages=0:8192']);
    expect(found(findings, 'device-shared-with-guest')).toMatchObject([
      {
        severity: 'warning',
        subject: '0000:06:00.0',
        message: expect.stringContaining('Only one of the two guests can run at a time'),
      },
    ]);
  });

  it('keeps isolated at boot what an earlier profile isolated for the first', () => {
    const {plan, findings} = decide(
      [{pins: [2, 14]}],
      {cpu: {vcpus: 2, isolation: 'boot'}},
      {...grub('isolcpus=domain,managed_irq,2,14,9'), kernel: {...sampleFacts().kernel, config: {CPU_ISOLATION: 'y'}}},
    );
    const [isolcpus, irqaffinity] = ['isolcpus', 'irqaffinity'].map(
      (key) => plan.kernelArguments.add.find(({text}) => text.startsWith(`${key}=`))?.text,
    );
    expect(isolcpus).toBe('isolcpus=domain,managed_irq,2,4,14,16');
    expect(irqaffinity).toBe('irqaffinity=0-1,3,5-13,15,17-23');
    expect(found(findings, 'kernel-argument-conflict')).toMatchObject([
      {message: expect.stringContaining('2,14,9 is configured already and is replaced')},
    ]);
  });

  it('reads no claim of what is no address', () => {
    const script = '# Generated by vfio-pilot from profile one\nclaim :::. 0x1002 0x67df vfio-pci\n';
    expect(readPrintedClaims(sampleFiles({'/etc/a': script})).boundAtBoot).toEqual([]);
  });

  const options = '/etc/modprobe.d/vfio-pilot.conf';
  const printed = (files: Readonly<Record<string, string>>): GuestFacts => ({
    recorded: [],
    printed: readPrintedClaims(sampleFiles(files)),
  });
  const rule = (address: string): string =>
    `ACTION=="add", SUBSYSTEM=="pci", KERNEL=="${address}", ATTR{vendor}=="0x1002", ATTR{driver_override}="vfio-pci"\n`;
  const modprobe =
    '# Generated by vfio-pilot from profile one\noptions kvm ignore_msrs=1\nsoftdep amdgpu pre: vfio-pci\n';
  it.each<[string, GuestFacts]>([
    [
      'its record',
      recorded({
        functions: [
          {address: '0000:0b:00.0', id: '1002:67df', driver: 'vfio-pci', bindBy: 'address', isAssigned: true},
          {address: '0000:0c:00.0', id: '1002:67df', driver: 'vfio-pci', bindBy: 'address', isAssigned: true},
        ],
        moduleOptions: [{module: 'kvm', parameter: 'ignore_msrs', value: '1'}],
      }),
    ],
    [
      'lines of a script in the initramfs',
      printed({
        '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot':
          '#!/bin/sh\n# Generated by vfio-pilot from profile one\nclaim 0000:0b:00.0 0x1002 0x67df vfio-pci\nclaim 0000:0c:00.0 0x1002 0x67df vfio-pci\n',
        [options]: modprobe,
      }),
    ],
    [
      'udev rules',
      printed({
        '/etc/udev/rules.d/10-vfio-pilot.rules': `# Generated by vfio-pilot from profile one\n${rule('0000:0b:00.0')}${rule('0000:0c:00.0')}`,
        [options]: modprobe,
      }),
    ],
    [
      'the NixOS module',
      printed({
        '/etc/nixos/vfio-pilot.nix': `# Generated by vfio-pilot from profile one\n{ lib, ... }:\n{\n  boot.extraModprobeConfig = ''\n    options kvm ignore_msrs=1\n  '';\n  services.udev.extraRules = ''\n    ${rule('0000:0b:00.0')}  '';\n}\n`,
      }),
    ],
  ])('does not forget the card that an earlier profile binds for the first, as %s says', (_, guests) => {
    const {plan, findings} = decide([{}], {}, {guests});
    expect(plan.binding.byAddress).toEqual(['0000:06:00.0', '0000:06:00.1', '0000:0b:00.0']);
    expect(plan.binding.softdeps).toContain('amdgpu');
    expect(plan.binding.moduleOptions).toMatchObject([{module: 'kvm', parameter: 'ignore_msrs', value: '1'}]);
    expect(found(findings, 'only-gpu')).toEqual([]);
    expect(decide([], {}, {guests}).plan.binding.byAddress).toEqual(['0000:06:00.0', '0000:06:00.1']);
  });

  it('binds with the card of the first what shares its group, and not what libvirt takes when that starts', () => {
    const mate = samplePci('0000:0b:00.1', {iommuGroup: 30});
    const claims = (bindBy: 'address' | 'libvirt'): GuestFacts =>
      recorded({
        functions: [
          {address: '0000:0b:00.0', id: '1002:67df', driver: 'vfio-pci', bindBy, isAssigned: true},
          {address: '0000:0b:00.1', id: null, driver: 'vfio-pci', bindBy, isAssigned: false},
        ],
      });
    const byAddress = (bindBy: 'address' | 'libvirt'): readonly string[] =>
      decide([{}], {}, {pci: [...pci, mate], guests: claims(bindBy)}).plan.binding.byAddress;
    expect(byAddress('address')).toEqual(['0000:06:00.0', '0000:06:00.1', '0000:0b:00.0', '0000:0b:00.1']);
    expect(byAddress('libvirt')).toEqual(['0000:06:00.0', '0000:06:00.1']);
  });

  it('records for its own guest nothing that it keeps for the first', () => {
    const guests = recorded({
      functions: [{address: '0000:0b:00.0', id: '1002:67df', driver: 'vfio-pci', bindBy: 'address', isAssigned: true}],
      moduleOptions: [{module: 'kvm', parameter: 'ignore_msrs', value: '1'}],
    });
    const {plan} = decide([{}], {}, {guests});
    const claim = claimOf(plan, pci);
    expect(claim).toMatchObject({guest: plan.guest.name, moduleOptions: []});
    expect(claim.functions.map(({address}) => address)).toEqual(['0000:06:00.0', '0000:06:00.1']);
    expect(decodeGuestRecord(JSON.stringify(guestRecord(claim)))).toEqual({isValid: true, value: guestRecord(claim)});
    const {mediatedDevices: _slices, usbDevices: _usb, kvmfr: _device, ...older} = claim;
    expect(decodeGuestRecord(JSON.stringify({version: 2, claim: older}))).toEqual({
      isValid: true,
      value: guestRecord(claim),
    });
  });
});
