import {needsModules} from '../hypervisor/hypervisors.ts';
import {hasMadeDevices} from '../plan/device/parents-of.ts';
import type {Plan} from '../plan/plan.ts';

/**
 * Whether anything of the plan comes, or goes, with a boot: from the kernel, or from a unit that makes parts of a card.
 * Of a run whose plan cannot be read (`null`) it may.
 */
export const comesWithBoot = (plan: Plan | null): boolean => {
  if (plan === null) return true;
  const {kernelArguments, hypervisorArguments, binding, memory, isolation} = plan;
  return (
    binding.by !== 'libvirt' ||
    isolation.method === 'boot' ||
    hasMadeDevices(plan) ||
    needsModules(plan) ||
    (memory.hugepages !== null && memory.hugepages.method !== 'hook') ||
    [kernelArguments, ...(hypervisorArguments === null ? [] : [hypervisorArguments])].some(
      ({add, remove}) => add.length + remove.length > 0,
    )
  );
};
