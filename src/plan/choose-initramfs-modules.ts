import {kernelsOf, moduleState} from '../host/module-state.ts';
import type {PlanContext} from './context.ts';

/**
 * One list serves the images of all kernels. A name that one of them does not know makes dracut and mkinitcpio fail and
 * update-initramfs complain; what only some have (vfio_virqfd, folded into vfio in 6.2) comes along there all the same,
 * since modules.dep names it behind vfio-pci. A name that is built in is no mistake to any of them.
 */
export const chooseInitramfsModules = (context: PlanContext, variants: readonly string[]): readonly string[] => {
  const kernels = kernelsOf(context.facts).filter((kernel) => moduleState(kernel, 'vfio_pci') !== 'absent');
  const isEverywhere = (module: string): boolean => kernels.every((kernel) => moduleState(kernel, module) !== 'absent');
  const isLoaded = (module: string): boolean => kernels.some((kernel) => moduleState(kernel, module) === 'loadable');
  const isUnknown = (module: string): boolean => kernels.some((kernel) => moduleState(kernel, module) === 'unknown');
  const certain = ['vfio_pci', 'vfio', 'vfio_iommu_type1'].filter((module) => isEverywhere(module) && (isLoaded(module) || isUnknown(module)));
  const dependent = ['vfio_virqfd', ...new Set(variants)].filter((module) => isEverywhere(module) && isLoaded(module) && !isUnknown(module));
  return [...certain, ...dependent];
};

/** Whoever binds the device, there must be something to bind it to. */
export const judgeVfioModule = (context: PlanContext): void => {
  const {facts} = context;
  const kernels = kernelsOf(facts);
  const lacking = kernels.filter((kernel) => moduleState(kernel, 'vfio_pci') === 'absent').map(({release}) => release);
  if (lacking.length === 0) return;
  const isRunning = lacking.length === kernels.length || lacking.some((release) => release === facts.kernel.release);
  context.report(isRunning ? 'blocker' : 'warning', 'vfio-module-missing', {
    subject: 'binding',
    message: `Kernel ${lacking.join(' and ')} has no vfio-pci, neither as a module nor built in${isRunning ? '' : ': started with it, no device can go to the guest, and its image is left as it is'}.`,
    remedy: isRunning ? 'Install a kernel with CONFIG_VFIO_PCI and start it; cloud and minimal kernels leave it out (Debian: linux-image-amd64 and not linux-image-cloud-amd64).' : 'Remove that kernel if it is not needed.',
  });
};
