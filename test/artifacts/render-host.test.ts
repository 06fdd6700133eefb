import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Artifact} from '../../src/artifacts/artifact.ts';
import {renderHugepagesUnit} from '../../src/hypervisor/kvm/hugepages-units.ts';
import {renderHost} from '../../src/changes/render-host.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {renderDomain} from '../../src/hypervisor/kvm/domain/render-domain.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles, samplePlan} from '../support/sample-plan.ts';

const defaults = {
  '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
  '/etc/initramfs-tools/modules': '# none\n',
};
const hostWith = (texts: Readonly<Record<string, string>>, overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(undefined, {files: sampleFiles(texts), ...overrides});
const plan = samplePlan();
const release: Plan['memory'] = {
  ...plan.memory,
  hugepages: {
    sizeKiB: 2048,
    perNode: {0: 6144, 1: 0},
    method: 'release-unit',
    mount: null,
    reserved: null,
    bootTotal: 12288,
    release: {0: 6144, 1: 0},
  },
};
const nothing: Partial<Plan> = {
  binding: {
    kind: 'vfio',
    by: 'address',
    softdeps: [],
    moduleOptions: [],
    builtInOptions: [],
    initramfsModules: [],
    byAddress: [],
  },
  kernelArguments: {add: [], remove: [], ownedKeys: ['hugepages']},
};
const describeArtifact = (artifact: Artifact): string =>
  `${artifact.kind} ${artifact.kind === 'command' ? artifact.argv.join(' ') : artifact.path}`;
const describeAll = (facts: HostFacts, what: Plan): readonly string[] =>
  renderHost(facts, what).artifacts.map(describeArtifact);
const codes = (facts: HostFacts, what: Plan = plan): readonly string[] =>
  renderHost(facts, what).findings.map((finding) => `${finding.severity} ${finding.code} ${finding.subject}`);

describe('renderHost', () => {
  it('writes files first, then what is made from them', () => {
    const facts = hostWith(
      {...defaults},
      {boot: {...sampleFacts().boot, kernels: ['6.1.0-1-amd64', '6.12.0-2-amd64']}},
    );
    expect(describeAll(facts, samplePlan({memory: release}))).toEqual([
      'file /etc/modprobe.d/vfio-pilot.conf',
      'file /etc/initramfs-tools/scripts/init-top/00-vfio-pilot',
      'file /etc/initramfs-tools/modules',
      'file /etc/systemd/system/vfio-pilot-hugepages.service',
      'symlink /etc/systemd/system/sysinit.target.wants/vfio-pilot-hugepages.service',
      'file /etc/default/grub',
      'generated /boot/initrd.img-6.1.0-1-amd64',
      'generated /boot/initrd.img-6.12.0-2-amd64',
      'command /usr/bin/systemctl daemon-reload',
      'generated /boot/grub/grub.cfg',
    ]);
    expect(codes(facts)).toEqual([]);
  });

  it('failure mode 5: looks inside the image of every kernel before it is installed', () => {
    const image = renderHost(hostWith(defaults), plan).artifacts.find(
      (artifact) => artifact.kind === 'generated' && artifact.path.startsWith('/boot/initrd'),
    );
    expect(image).toMatchObject({
      argv: ['/usr/sbin/mkinitramfs', '-o', '{output}', '6.1.0-1-amd64'],
      validations: [
        {kind: 'size'},
        {
          kind: 'listing',
          contains: [
            'scripts/init-top/ORDER',
            'scripts/init-top/00-vfio-pilot',
            'etc/modprobe.d/vfio-pilot.conf',
            '/vfio_pci.ko',
            '/vfio.ko',
            '/vfio_iommu_type1.ko',
          ],
        },
        {kind: 'order', script: '/scripts/init-top/00-vfio-pilot', before: '/scripts/init-top/udev'},
      ],
    });
  });

  it('failure mode 9: does not look for modules that are built in', () => {
    const image = renderHost(hostWith(defaults), {
      ...plan,
      binding: {...plan.binding, initramfsModules: []},
    }).artifacts.find((artifact) => artifact.kind === 'generated');
    expect(JSON.stringify(image)).not.toContain('.ko');
  });

  it('failure mode 17: looks for our arguments in grub.cfg before it is installed', () => {
    expect(renderHost(hostWith(defaults), plan).artifacts.at(-1)).toMatchObject({
      kind: 'generated',
      argv: ['/usr/sbin/grub-mkconfig', '-o', '{output}'],
      validations: [
        {kind: 'size'},
        {kind: 'command', argv: ['/usr/bin/grub-script-check', '{output}']},
        {kind: 'contains', texts: ['intel_iommu=on', 'hugepagesz=2M', 'hugepages=0:6144,1:0']},
      ],
      triggers: ['/etc/default/grub', '/etc/default/grub.d/zz-vfio-pilot.cfg'],
    });
  });

  it('failure mode 22: leaves the guest’s CPUs to libvirt, and needs no cset, which cgroup v2 broke', () => {
    const facts = hostWith(defaults);
    const written = JSON.stringify([
      ...renderHost(facts, samplePlan({memory: release})).artifacts,
      ...renderDomain(facts, plan).artifacts,
    ]);
    expect(written).toContain('<vcpupin ');
    expect(written).not.toMatch(/\bcset\b|\/sys\/fs\/cgroup|cpuset\.cpus/);
  });

  it('tells packages that wait for a new initramfs', () => {
    expect(describeAll(hostWith({...defaults, '/etc/initramfs/post-update.d/x': ''}), plan)).toContain(
      'command /usr/bin/run-parts --arg=6.1.0-1-amd64 --arg=/boot/initrd.img-6.1.0-1-amd64 /etc/initramfs/post-update.d',
    );
  });

  it('does nothing for a plan that needs nothing', () => {
    expect(renderHost(hostWith(defaults), samplePlan(nothing))).toEqual({artifacts: [], findings: []});
  });

  it('takes the files of an earlier run away that a later plan does not need', () => {
    const own = '# Generated by vfio-pilot from profile x; edit the profile instead.\n';
    const facts = hostWith({
      '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepages=3"\n',
      '/etc/initramfs-tools/modules': 'a\n# BEGIN vfio-pilot (profile x)\nvfio\n# END vfio-pilot\n',
      '/etc/modprobe.d/vfio-pilot.conf': own,
      '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot': `#!/bin/sh\n${own}`,
      '/etc/systemd/system/vfio-pilot-hugepages.service': own,
      '/etc/systemd/system/sysinit.target.wants/vfio-pilot-hugepages.service': '',
    });
    const {artifacts, findings} = renderHost(facts, samplePlan(nothing));
    expect(findings).toEqual([]);
    expect(artifacts.map(describeArtifact)).toEqual([
      'absent /etc/modprobe.d/vfio-pilot.conf',
      'absent /etc/initramfs-tools/scripts/init-top/00-vfio-pilot',
      'file /etc/initramfs-tools/modules',
      'absent /etc/systemd/system/vfio-pilot-hugepages.service',
      'absent /etc/systemd/system/sysinit.target.wants/vfio-pilot-hugepages.service',
      'file /etc/default/grub',
      'generated /boot/initrd.img-6.1.0-1-amd64',
      'command /usr/bin/systemctl daemon-reload',
      'generated /boot/grub/grub.cfg',
    ]);
    expect(
      artifacts.find((artifact) => artifact.kind === 'file' && artifact.path === '/etc/default/grub'),
    ).toMatchObject({text: 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'});
  });

  it('blocks where two systems could make the initramfs, and names both', () => {
    const {boot} = sampleFacts();
    const facts = hostWith(defaults, {
      boot: {
        ...boot,
        initramfs: null,
        initramfsEvidence: [
          '/usr/bin/dracut exists: dracut is installed.',
          '/usr/bin/mkinitcpio exists: mkinitcpio is installed.',
        ],
      },
    });
    const [finding] = renderHost(facts, {...plan, initramfs: null}).findings;
    expect(finding).toMatchObject({
      code: 'initramfs-unsupported',
      severity: 'blocker',
      message: expect.stringMatching(
        /is unknown\. \S+ exists: dracut is installed\. \S+ exists: mkinitcpio is installed\.$/,
      ) as string,
    });
  });

  it('blocks on files that it can not read, that are links, or that somebody else wrote', () => {
    const modprobe = '/etc/modprobe.d/vfio-pilot.conf';
    const files = {
      ...sampleFiles(defaults),
      '/etc/default/grub': sampleFile('/etc/default/grub', '', {state: 'symlink', text: null, target: '../grub'}),
      '/etc/initramfs-tools/modules': sampleFile('/etc/initramfs-tools/modules', '', {state: 'denied', text: null}),
      [modprobe]: sampleFile(modprobe, 'options kvm a=1\n'),
    };
    expect(codes(sampleFacts(undefined, {files}))).toEqual([
      `blocker file-foreign ${modprobe}`,
      'blocker file-unreadable /etc/initramfs-tools/modules',
      'blocker file-not-regular /etc/default/grub',
    ]);
  });

  it('blocks on another boot loader or initramfs only when something must be written there', () => {
    const facts = hostWith({}, {boot: {...sampleFacts().boot, loader: 'limine', initramfs: 'dracut'}});
    expect(codes(facts, samplePlan({initramfs: 'dracut'}))).toEqual([
      'blocker initramfs-unsupported binding',
      'blocker boot-chain-unsupported kernelArguments',
    ]);
    expect(codes(facts, samplePlan({...nothing, initramfs: 'dracut'}))).toEqual([]);
  });
});

describe('renderHugepagesUnit', () => {
  it('is there only for the method that needs it', () => {
    expect(renderHugepagesUnit(plan)).toBeNull();
    expect(renderHugepagesUnit(samplePlan({memory: {...plan.memory, hugepages: null}}))).toBeNull();
  });

  it('gives pages back before it looks whether all are there', () => {
    const lines = renderHugepagesUnit(samplePlan({memory: release}))
      ?.split('\n')
      .filter((line) => line.startsWith('ExecStart='));
    const file = (node: number): string =>
      `/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB/nr_hugepages`;
    expect(lines).toEqual([
      `ExecStart=/bin/sh -c 'echo 0 > ${file(1)}'`,
      `ExecStart=/bin/sh -c 'echo 6144 > ${file(0)}'`,
      `ExecStart=/bin/sh -c 'read -r pages < ${file(1)} && [ "$$pages" -eq 0 ]'`,
      `ExecStart=/bin/sh -c 'read -r pages < ${file(0)} && [ "$$pages" -eq 6144 ]'`,
    ]);
  });

  it.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is a unit that systemd accepts (needs systemd-analyze)', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'vfio-pilot-unit-')), 'vfio-pilot-hugepages.service');
    writeFileSync(file, renderHugepagesUnit(samplePlan({memory: release})) ?? '');
    const {status, stderr} = spawnSync('/usr/bin/systemd-analyze', ['verify', '--man=no', file], {encoding: 'utf8'});
    expect({status, about: stderr.split('\n').filter((line) => line.includes('vfio-pilot'))}).toEqual({
      status: 0,
      about: [],
    });
  });
});
