import type {HostFacts} from '../../host/facts.ts';
import {kernelsOf, moduleState} from '../../host/module-state.ts';

/**
 * What a listing of the image must show for these modules: not those that this kernel has built in or, beside others,
 * does not have. `null`: an image whose name tells no release, so it could be that of any kernel. With or without
 * compression behind them, so only the beginning is looked for.
 */
export const expectedModuleFiles = (facts: HostFacts, release: string | null, modules: readonly string[]): readonly string[] => {
  const kernels = kernelsOf(facts);
  const named = kernels.filter((kernel) => kernel.release === release);
  const possible = release === null ? kernels : named;
  return modules.filter((module) => possible.every((kernel) => ['loadable', 'unknown'].includes(moduleState(kernel, module)))).map((module) => `/${module.replaceAll('-', '_')}.ko`);
};

/** A kernel without vfio-pci can give out nothing, and programs that make images stop at a module that they don't find. */
export const canBind = (facts: HostFacts, release: string): boolean =>
  !kernelsOf(facts).some((kernel) => kernel.release === release && moduleState(kernel, 'vfio_pci') === 'absent');
