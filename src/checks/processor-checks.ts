import type {HostFacts} from '../host/facts.ts';
import {about} from './check.ts';
import type {Check} from './check.ts';

export const checkVirtualisation = ({cpu, kernel}: HostFacts): Check => {
  const {ok, warning, error, info} = about('cpu-virtualisation', 'CPU virtualisation');
  if (cpu.virtualisation !== null) {
    return ok(`${cpu.virtualisation === 'vmx' ? 'Intel VT-x (vmx)' : 'AMD-V (svm)'} is in the flags of /proc/cpuinfo.`);
  }
  if (cpu.flags === null) return info('The CPU flags are not known here (no /proc/cpuinfo with flags).');
  const where = cpu.vendor === 'AuthenticAMD' ? "'SVM Mode' under Advanced → CPU" : "'Intel Virtualization Technology' or 'VT-x' under Advanced → CPU";
  if (kernel.hypervisor !== null) return warning('This system is itself a virtual machine without nested virtualisation.', 'Turn on nested virtualisation for it on its host.');
  return error('Neither vmx nor svm is in the flags of /proc/cpuinfo: the firmware has it off, or the CPU has none.', `Look for ${where} in the firmware set-up, turn it on, save and power-cycle.`);
};

export const checkKvm = ({kernel, isLive, cpu}: HostFacts): Check => {
  const {ok, error, info} = about('kvm-device', 'KVM');
  const module = cpu.virtualisation === 'svm' ? 'kvm_amd' : 'kvm_intel';
  const isBuiltIn = kernel.builtin?.includes(module) ?? false;
  const isLoaded = kernel.loaded?.includes(module) ?? false;
  if (kernel.hasKvmDevice) return ok(`/dev/kvm is there${isLoaded ? `, and ${module} is loaded` : isBuiltIn ? `, and ${module} is built in` : ''}.`);
  if (!isLive) return info(`/dev/kvm can't be told from a captured tree${isLoaded ? `; ${module} was loaded` : ''}.`);
  return error(`/dev/kvm is missing${isLoaded ? ` although ${module} is loaded` : ` and ${module} is not loaded`}.`, `Run 'modprobe ${module}' as root and read its error; where virtualisation is off in the firmware, the module refuses to load.`);
};

export const checkNuma = ({nodes, pci}: HostFacts): Check => {
  const {ok, info, warning} = about('numa', 'NUMA');
  const withCpus = nodes.filter((node) => node.cpus.length > 0);
  if (withCpus.length <= 1) return ok('One NUMA node: all memory is equally near.');
  const displays = pci.filter((device) => device.class.startsWith('03'));
  const unknown = displays.filter((device) => device.numaNode === null);
  const text = `${withCpus.length} nodes with CPUs (${withCpus.map((node) => `node ${node.id}: ${node.cpus.length} CPUs`).join(', ')})`;
  if (displays.length > 0 && unknown.length > 0) {
    return warning(`${text}; the firmware does not say which node ${unknown.map((device) => device.address).join(', ')} is on (numa_node -1).`, 'Look in the board manual which socket feeds the slot, and set cpu.node in the profile.');
  }
  return info(`${text}${displays.length === 0 ? '' : `; ${displays.map((device) => `${device.address} is on node ${device.numaNode}`).join(', ')}`}.`);
};

export const checkHugepages = ({memory, cpu, nodes}: HostFacts): Check => {
  const {ok, info} = about('hugepages', 'Hugepages');
  const sizes = memory.hugepageSizesKiB.length > 0 ? memory.hugepageSizesKiB : [...new Set(nodes.flatMap((node) => node.hugepages.map((pool) => pool.sizeKiB)))];
  if (sizes.length === 0) return info('No hugepage sizes are told (/sys/kernel/mm/hugepages).');
  const words = sizes.map((size) => (size >= 1048576 ? `${size / 1048576} GiB` : size >= 1024 ? `${size / 1024} MiB` : `${size} KiB`));
  const reserved = nodes.flatMap((node) => node.hugepages.filter((pool) => pool.total > 0).map((pool) => `${pool.total} × ${pool.sizeKiB / 1024} MiB on node ${node.id}`));
  const gigabyte = cpu.flags === null || cpu.flags.includes('pdpe1gb') ? '' : ' The CPU has no 1 GiB pages (pdpe1gb).';
  return ok(`The kernel offers ${words.join(' and ')}; ${reserved.length === 0 ? 'none are reserved now' : `reserved now: ${reserved.join(', ')}`}.${gigabyte}`);
};
