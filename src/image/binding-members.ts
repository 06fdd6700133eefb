import {earlyBinding} from '../binding/early-binding.ts';
import {modprobePath} from '../binding/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../facts/modules.ts';
import type {Plan} from '../plan/plan.ts';

/**
 * What a listing of the image must show for these modules: not those that this kernel has built in or, next to others,
 * does not have. `null`: an image whose name tells no release, so it could be that of any kernel. With or without
 * compression behind them, so only the beginning is looked for.
 */
export const expectedModuleFiles = (
  facts: HostFacts,
  release: string | null,
  modules: readonly string[],
): readonly string[] => {
  const kernels = kernelsOf(facts);
  const named = kernels.filter((kernel) => kernel.release === release);
  const possible = release === null ? kernels : named;
  return modules
    .filter((module) => possible.every((kernel) => ['loadable', 'unknown'].includes(moduleState(kernel, module))))
    .map((module) => `/${module.replaceAll('-', '_')}.ko`);
};

/** Those of the plan, with the options of modules where it has some. */
export const bindingMembers = (facts: HostFacts, plan: Plan, release: string | null): readonly string[] => [
  ...(earlyBinding(plan).moduleOptions() === '' ? [] : [modprobePath.slice(1)]),
  ...expectedModuleFiles(facts, release, plan.binding.initramfsModules),
];
