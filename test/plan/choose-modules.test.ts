import {describe, expect, it} from 'vitest';
import {findUnknownOptions} from '../../src/binding/vfio/modprobe.ts';
import {renderHost} from '../../src/changes/render-host.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {InstalledKernel} from '../../src/facts/kernel.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {sampleFacts, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const {kernel, boot, virtualisation: libvirt} = sampleFacts();
const bookworm: InstalledKernel = {
  release: '6.1.0-1-amd64',
  builtin: [],
  modules: ['vfio_pci', 'vfio', 'vfio_iommu_type1', 'vfio_virqfd'],
  parameters: {},
};
const trixie: InstalledKernel = {
  release: '6.12.9-amd64',
  builtin: [],
  modules: ['vfio_pci', 'vfio', 'vfio_iommu_type1'],
  parameters: {},
};
const focal: InstalledKernel = {
  release: '5.4.0-216-generic',
  builtin: ['vfio_pci', 'vfio', 'vfio_iommu_type1', 'vfio_virqfd'],
  modules: [],
  parameters: {},
};
const cloud: InstalledKernel = {release: '6.1.0-37-cloud-amd64', builtin: [], modules: [], parameters: {}};

const host = (installed: readonly InstalledKernel[], overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(undefined, {
    kernel: {...kernel, installed},
    boot: {...boot, kernels: installed.map(({release}) => release)},
    files: sampleFiles({
      '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
      '/etc/initramfs-tools/modules': '',
    }),
    ...overrides,
  });
const planOn = (facts: HostFacts, profile = sampleProfile()): {plan: Plan; findings: readonly Finding[]} =>
  planPassthrough(facts, profile);
const imagesOf = (facts: HostFacts, plan: Plan): Record<string, readonly string[]> =>
  Object.fromEntries(
    renderHost(facts, plan).artifacts.flatMap((artifact) =>
      artifact.kind === 'generated' && artifact.path.startsWith('/boot/initrd')
        ? [
            [
              artifact.path,
              artifact.validations.flatMap((one) =>
                one.kind === 'listing' ? one.contains.filter((text) => text.includes('.ko')) : [],
              ),
            ],
          ]
        : [],
    ),
  );

describe('modules for the image', () => {
  it('failure mode 6: vfio_virqfd is named only where every installed kernel has it', () => {
    expect(planOn(host([bookworm])).plan.binding.initramfsModules).toEqual([
      'vfio_pci',
      'vfio',
      'vfio_iommu_type1',
      'vfio_virqfd',
    ]);
    expect(planOn(host([bookworm, trixie])).plan.binding.initramfsModules).toEqual([
      'vfio_pci',
      'vfio',
      'vfio_iommu_type1',
    ]);
    expect(planOn(host([trixie])).plan.binding.initramfsModules).toEqual(['vfio_pci', 'vfio', 'vfio_iommu_type1']);
  });

  it('are looked for in the image of each kernel that has them as files', () => {
    const facts = host([bookworm, focal]);
    const {plan} = planOn(facts);
    expect(plan.binding.initramfsModules).toEqual(['vfio_pci', 'vfio', 'vfio_iommu_type1', 'vfio_virqfd']);
    expect(imagesOf(facts, plan)).toEqual({
      '/boot/initrd.img-6.1.0-1-amd64': ['/vfio_pci.ko', '/vfio.ko', '/vfio_iommu_type1.ko', '/vfio_virqfd.ko'],
      '/boot/initrd.img-5.4.0-216-generic': [],
    });
  });

  it('are missing altogether in a kernel that is named and left alone, and blocks when it is the running one', () => {
    const beside = host([bookworm, cloud]);
    const {plan, findings} = planOn(beside);
    expect(findings.filter(({code}) => code === 'vfio-module-missing')).toMatchObject([
      {severity: 'warning', message: expect.stringContaining('6.1.0-37-cloud-amd64') as string},
    ]);
    expect(Object.keys(imagesOf(beside, plan))).toEqual(['/boot/initrd.img-6.1.0-1-amd64']);
    const running = host([cloud, bookworm], {
      kernel: {...kernel, release: cloud.release, installed: [cloud, bookworm]},
    });
    expect(planOn(running).findings.filter(({code}) => code === 'vfio-module-missing')).toMatchObject([
      {severity: 'blocker', remedy: expect.stringContaining('CONFIG_VFIO_PCI') as string},
    ]);
  });
});

describe('options of modules', () => {
  const wish = sampleProfile({host: {disableIdleD3: true}});

  it('failure mode 9: go to modprobe.d for a kernel with the module and to the command line for one that has it built in', () => {
    const option = {module: 'vfio-pci', parameter: 'disable_idle_d3', value: '1'};
    expect(planOn(host([bookworm]), wish).plan.binding).toMatchObject({moduleOptions: [option], builtInOptions: []});
    expect(planOn(host([focal]), wish).plan.binding).toMatchObject({moduleOptions: [], builtInOptions: [option]});
    expect(planOn(host([bookworm, focal]), wish).plan.binding).toMatchObject({
      moduleOptions: [option],
      builtInOptions: [option],
    });
    expect(planOn(host([focal]), wish).plan.kernelArguments.add.map(({text}) => text)).toContain(
      'vfio-pci.disable_idle_d3=1',
    );
  });

  it('failure mode 43: are not written where no kernel has the parameter, and told where only some have', () => {
    const without = {...trixie, parameters: {vfio_pci: ['ids']}};
    const none = planOn(host([without]), wish);
    expect(none.plan.binding).toMatchObject({moduleOptions: [], builtInOptions: []});
    expect(none.findings.filter(({code}) => code === 'module-parameter-missing')).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringContaining('has no parameter disable_idle_d3, so it is not set') as string,
      },
    ]);
    const some = planOn(host([without, {...bookworm, parameters: {vfio_pci: ['ids', 'disable_idle_d3']}}]), wish);
    expect(some.plan.binding.moduleOptions).toHaveLength(1);
    expect(some.findings.filter(({code}) => code === 'module-parameter-missing')).toMatchObject([
      {message: expect.stringContaining('that kernel ignores it') as string},
    ]);
  });

  it('failure mode 43: of other files that this kernel lacks are named with file and line', () => {
    const files = [
      sampleFile('/etc/modprobe.d/vfio.conf', '# x\noptions vfio-pci ids=1:2 disable_vga=1\noptions kvm x=1\n'),
    ];
    const told = findUnknownOptions(host([{...trixie, parameters: {vfio_pci: ['ids']}}]), files);
    expect(told).toMatchObject([
      {
        code: 'module-parameter-missing',
        severity: 'note',
        at: {line: 2},
        message: expect.stringContaining('disable_vga') as string,
      },
    ]);
    expect(findUnknownOptions(host([{...trixie, parameters: {vfio_pci: ['ids', 'disable_vga']}}]), files)).toEqual([]);
    expect(
      findUnknownOptions(
        host([bookworm], {kernel: {...kernel, installed: [bookworm], config: {VFIO_PCI: 'm'}}}),
        files,
      ),
    ).toHaveLength(1);
    expect(
      findUnknownOptions(
        host([bookworm], {kernel: {...kernel, installed: [bookworm], config: {VFIO_PCI: 'm', VFIO_PCI_VGA: 'y'}}}),
        files,
      ),
    ).toEqual([]);
    expect(findUnknownOptions(host([bookworm]), files)).toEqual([]);
  });
});

describe('failure mode 44: a device that has a driver of its own next to vfio-pci', () => {
  const pci = samplePciFunctions.map((device) =>
    device.address === '0000:06:00.0' ? {...device, vfioVariant: 'nvgrace_gpu_vfio_pci'} : device,
  );
  const grace = {...trixie, modules: [...(trixie.modules ?? []), 'nvgrace_gpu_vfio_pci']};
  const driverOf = (plan: Plan): string | null => plan.devices[0]?.driver ?? null;

  it('gets it by address, in the image as well, with the reason', () => {
    const {plan, findings} = planOn(host([grace], {pci}));
    expect(driverOf(plan)).toBe('nvgrace_gpu_vfio_pci');
    expect(plan.binding.initramfsModules).toContain('nvgrace_gpu_vfio_pci');
    expect(plan.decisions.map(({because}) => because)).toContainEqual(
      expect.stringContaining('modules.alias names it'),
    );
    expect(findings.filter(({code}) => code.startsWith('vfio-'))).toEqual([]);
    expect(planOn(host([grace, bookworm], {pci})).plan.binding.initramfsModules).not.toContain('nvgrace_gpu_vfio_pci');
  });

  it('gets it from libvirt 10 and later, and gives the reason otherwise', () => {
    const byLibvirt = sampleProfile({binding: 'libvirt'});
    const unused = (version: string): readonly Finding[] =>
      planOn(host([grace], {pci, virtualisation: {...libvirt, version}}), byLibvirt).findings.filter(
        ({code}) => code === 'vfio-variant-unused',
      );
    expect(unused('9.0.0')).toMatchObject([
      {severity: 'warning', message: expect.stringContaining('since 10.0.0') as string},
    ]);
    expect(unused('10.0.0')).toEqual([]);
    const byRule = (version: string) =>
      planOn(
        host([grace], {
          pci,
          boot: {...boot, initramfs: 'booster', kernels: [grace.release]},
          virtualisation: {...libvirt, version},
        }),
      );
    expect(driverOf(byRule('10.0.0').plan)).toBe('vfio-pci');
    expect(byRule('10.0.0').plan.decisions.map(({because}) => because)).toContainEqual(
      expect.stringContaining('libvirt takes that one on its own'),
    );
    expect(byRule('9.0.0').findings.map(({code}) => code)).toContain('vfio-variant-unused');
    const byIds = planOn(host([grace], {pci}), sampleProfile({binding: 'ids'}));
    expect(driverOf(byIds.plan)).toBe('vfio-pci');
    expect(byIds.findings.map(({code}) => code)).toContain('vfio-variant-unused');
  });
});
