import type {Source} from '../system/source.ts';
import type {InstalledKernel} from './facts.ts';
import {readModuleFile} from './module-lists.ts';

/** Those that options may be written for. */
const askedModules = ['vfio_pci', 'vfio_iommu_type1', 'kvm'];

type Kernel = {readonly release: string; readonly builtin: readonly string[]; readonly modules: readonly string[]};

/**
 * What `modinfo -p` lists. For what is built in a file beside the modules has it (since 5.2); a module file may be
 * packed in any way, so there kmod is asked, on the running machine alone. sysfs leaves out parameters without
 * permissions, vfio-pci's ids among them.
 */
export const readModuleParameters = (source: Source, kernel: Kernel): InstalledKernel['parameters'] => {
  const builtinInfo = askedModules.some((module) => kernel.builtin.includes(module)) ? readModuleFile(source, kernel.release, 'modules.builtin.modinfo') : null;
  const found = askedModules.flatMap((module): readonly [string, readonly string[]][] => {
    const names = kernel.builtin.includes(module) ? parseBuiltinInfo(builtinInfo, module) : askModinfo(source, kernel, module);
    return names === null ? [] : [[module, names]];
  });
  return Object.fromEntries(found);
};

/** `vfio_pci.parm=ids:Initial PCI IDs …\0vfio_pci.parmtype=ids:string\0` */
const parseBuiltinInfo = (text: string | null, module: string): readonly string[] | null => {
  const records = text?.split('\0').filter((record) => record.startsWith(`${module}.`)) ?? [];
  if (records.length === 0) return null;
  return [...new Set(records.flatMap((record) => /^\w+\.parm(?:type)?=(\w+):/.exec(record)?.[1] ?? []))];
};

const askModinfo = (source: Source, {release, modules}: Kernel, module: string): readonly string[] | null => {
  const text = modules.includes(module) ? source.run('modinfo', ['-k', release, '-p', module]) : null;
  return text === null ? null : [...text.matchAll(/^(\w+):/gm)].map(([, name = '']) => name);
};
