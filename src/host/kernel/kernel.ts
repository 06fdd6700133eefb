import {gunzipSync} from 'node:zlib';
import type {KernelFacts} from '../../facts/kernel.ts';
import type {Source} from '../../system/source.ts';
import type {Note} from '../reader.ts';
import {readInstalledKernels} from './installed-kernels.ts';
import {readKernelRelease} from './kernel-file.ts';
import {readKernelLog} from './kernel-log.ts';
import {readModuleList} from './modules.ts';

export const readKernel = (source: Source, note: Note): KernelFacts => {
  const release = readKernelRelease(source) ?? releaseOfBootImage(source) ?? onlyKernelOfBoot(source);
  const builtin = readModuleList(source, release, 'modules.builtin');
  const modules = readModuleList(source, release, 'modules.dep');
  return {
    release,
    version: parseKernelVersion(release),
    config: readConfig(source, release, note),
    builtin,
    modules,
    loaded: readLoaded(source),
    hasKvmDevice: source.exists('/dev/kvm'),
    parameters: readParameters(source),
    hypervisor: readHypervisor(source),
    xenImages: source.list('/boot').filter((name) => /^xen-\d[\w.+~-]*\.gz$/.test(name)),
    installed: readInstalledKernels(source, {release, builtin, modules}),
    log: readKernelLog(source),
  };
};

const releaseOfBootImage = (source: Source): string | null =>
  /(?:^|\s)BOOT_IMAGE=\S*vmlinuz-(\d[\w.+~-]*)/.exec(source.text('/proc/cmdline') ?? '')?.[1] ?? null;

const onlyKernelOfBoot = (source: Source): string | null => {
  const [only, ...others] = source.list('/boot').filter((name) => /^vmlinuz-\d[\w.+~-]*$/.test(name));
  return only === undefined || others.length > 0 ? null : only.slice('vmlinuz-'.length);
};

const parseKernelVersion = (release: string | null): KernelFacts['version'] => {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? '') ?? [];
  return major === undefined || minor === undefined ? null : {major: Number(major), minor: Number(minor)};
};

const wantedOptions =
  /^CONFIG_((?:IOMMU|INTEL_IOMMU|AMD_IOMMU|VFIO|HUGETLB|KVM|IRQ_REMAP|NO_HZ_FULL|RCU_NOCB|CPU_ISOLATION|SYSFB|FB_EFI|FB_SIMPLE|DRM_SIMPLEDRM|XEN|PCI|CMA|NUMA|DMAR)\w*)=(.*)$/gm;

const readConfig = (source: Source, release: string | null, note: Note): KernelFacts['config'] => {
  const text = readConfigText(source, release, note);
  if (text === null) return null;
  return Object.fromEntries(
    [...text.matchAll(wantedOptions)].map(([, name, value]) => [name, value?.replace(/^"(.*)"$/, '$1')]),
  );
};

const readConfigText = (source: Source, release: string | null, note: Note): string | null => {
  const packed = source.bytes('/proc/config.gz');
  const paths =
    release === null
      ? []
      : [`/boot/config-${release}`, `/usr/lib/modules/${release}/config`, `/lib/modules/${release}/config`];
  for (const path of paths) {
    const text = source.text(path);
    if (text !== null) return text;
  }
  return packed === null ? null : unpackConfig(packed, note);
};

/** Far more than a config has, so that a crafted file cannot fill the memory. */
const maximumConfigBytes = 16 * 1024 * 1024;

const unpackConfig = (packed: Buffer, note: Note): string | null => {
  try {
    return gunzipSync(packed, {maxOutputLength: maximumConfigBytes}).toString('latin1');
  } catch {
    note({
      code: 'host-file-malformed',
      severity: 'note',
      subject: '/proc/config.gz',
      message: '/proc/config.gz cannot be unpacked, so the options of the kernel are unknown.',
      remedy: 'Nothing, if this is the running machine; otherwise capture the file again.',
    });
    return null;
  }
};

const readLoaded = (source: Source): readonly string[] | null => {
  const text = source.text('/proc/modules');
  return text === null
    ? null
    : text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/\s.*$/, ''));
};

const parameterModules = ['kvm', 'kvm_intel', 'kvm_amd', 'vfio', 'vfio_pci', 'vfio_iommu_type1', 'iommufd'];

const readParameters = (source: Source): Readonly<Record<string, string>> => {
  const parameters = parameterModules.flatMap((module) =>
    source.list(`/sys/module/${module}/parameters`).map((name): [string, string | undefined] => {
      return [`${module}.${name}`, source.text(`/sys/module/${module}/parameters/${name}`)?.trim()];
    }),
  );
  return Object.fromEntries(parameters.filter((pair): pair is [string, string] => pair[1] !== undefined));
};

/** Xen names itself; of others there is only the flag of the CPU, which gives no name. */
export const readHypervisor = (source: Source): string | null => {
  const type = source.text('/sys/hypervisor/type')?.trim();
  if (type !== undefined && type !== '') return type;
  if (source.exists('/proc/xen/capabilities')) return 'xen';
  return /^flags\s*:.*\bhypervisor\b/m.test(source.text('/proc/cpuinfo') ?? '') ? 'unknown' : null;
};
