import {isAmdCpu} from '../facts/cpu.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {about, type Check} from '../findings/check.ts';

export const checkKvm = ({kernel, isLive, cpu}: HostFacts): Check => {
  const {ok, error, info} = about('kvm-device', 'KVM');
  // Where the firmware has it off, no flag says which one it would be.
  const module =
    cpu.virtualisation === 'svm' || (cpu.virtualisation === null && isAmdCpu(cpu)) ? 'kvm_amd' : 'kvm_intel';
  const isBuiltIn = kernel.builtin?.includes(module) ?? false;
  const isLoaded = kernel.loaded?.includes(module) ?? false;
  if (kernel.hasKvmDevice)
    return ok(
      `/dev/kvm is there${isLoaded ? `, and ${module} is loaded` : isBuiltIn ? `, and ${module} is built in` : ''}.`,
    );
  if (!isLive) return info(`/dev/kvm is unknown in a captured tree${isLoaded ? `; ${module} was loaded` : ''}.`);
  return error(
    `/dev/kvm is missing${isLoaded ? ` although ${module} is loaded` : ` and ${module} is not loaded`}.`,
    cpu.virtualisation === null && kernel.hypervisor !== null
      ? 'Turn on nested virtualisation for this virtual machine on its host.'
      : `Run 'modprobe ${module}' as root and read its error; where virtualisation is off in the firmware, the module refuses to load.`,
  );
};
