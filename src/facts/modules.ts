import type {HostFacts} from './host-facts.ts';
import type {InstalledKernel} from './kernel.ts';

/** vfio-pci or a variant of it: all of them leave the device to the guest. */
export const isVfioDriver = (driver: string | null): boolean => driver?.includes('vfio') === true;

export type ModuleState = 'loadable' | 'built-in' | 'absent' | 'unknown';

/** The kernels that may be started next; at least the running one. */
export const kernelsOf = ({kernel}: Pick<HostFacts, 'kernel'>): readonly InstalledKernel[] =>
  kernel.installed.length > 0
    ? kernel.installed
    : [
        {
          release: kernel.release ?? 'of this machine',
          builtin: kernel.builtin,
          modules: kernel.modules,
          parameters: {},
        },
      ];

/** A module may be named either way; `unknown` where a list that could tell is not readable. */
export const moduleState = ({builtin, modules}: InstalledKernel, module: string): ModuleState => {
  const name = module.replaceAll('-', '_');
  if (builtin?.includes(name) === true) return 'built-in';
  if (modules?.includes(name) === true) return 'loadable';
  return builtin === null || modules === null ? 'unknown' : 'absent';
};

/** Of the running kernel, for any module. */
export const isBuiltIn = ({kernel}: Pick<HostFacts, 'kernel'>, module: string): boolean =>
  kernel.builtin?.includes(module.replaceAll('-', '_')) ?? false;
