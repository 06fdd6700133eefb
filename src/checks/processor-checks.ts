import {isAmdCpu} from '../facts/cpu.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {kibPerGiB} from '../facts/memory.ts';
import {isGraphicsCard} from '../facts/pci.ts';
import {about, type Check} from '../findings/check.ts';
import {count} from '../words/count.ts';
import {listWords} from '../words/list-words.ts';

/** `null` where plans are made for the host's architecture, or where it is unknown. */
export const checkArchitecture = ({cpu}: HostFacts): Check | null => {
  if (cpu.architecture === null || cpu.architecture === 'x86_64') return null;
  return about('architecture', 'Architecture').error(
    `This host is ${cpu.architecture}, and vfio-pilot prepares x86_64 hosts only. Its devices, groups and nodes are shown, and every plan for it is refused.`,
    'Bind the card and define the guest by hand. To plan for an x86_64 host from this machine: `vfio-pilot check --host USER@HOST`.',
  );
};

export const checkVirtualisation = ({cpu, kernel}: HostFacts): Check => {
  const {ok, error, info} = about('cpu-virtualisation', 'CPU virtualisation');
  if (cpu.virtualisation !== null && kernel.hypervisor === 'xen') return ok('Xen starts HVM guests (virt_caps: hvm).');
  if (cpu.virtualisation !== null) {
    return ok(`${cpu.virtualisation === 'vmx' ? 'Intel VT-x (vmx)' : 'AMD-V (svm)'} is in the flags of /proc/cpuinfo.`);
  }
  if (kernel.hypervisor === 'xen') return info('Xen does not say that it starts HVM guests (virt_caps of `xl info`).');
  if (cpu.flags === null) return info('The CPU flags are not known here (no /proc/cpuinfo with flags).');
  const where = isAmdCpu(cpu)
    ? "'SVM Mode' under Advanced → CPU"
    : "'Intel Virtualization Technology' or 'VT-x' under Advanced → CPU";
  if (kernel.hypervisor !== null)
    return error(
      'This system is itself a virtual machine without nested virtualisation.',
      'Run vfio-pilot on its host. For guests within this one, turn on nested virtualisation for it there.',
    );
  return error(
    'Neither vmx nor svm is in the flags of /proc/cpuinfo: the firmware has it off, or the CPU has none.',
    `Look for ${where} in the firmware set-up, turn it on, save and power-cycle.`,
  );
};

export const checkNuma = ({nodes, pci}: HostFacts): Check => {
  const {ok, info, warning} = about('numa', 'NUMA');
  const withCpus = nodes.filter((node) => node.cpus.length > 0);
  if (withCpus.length <= 1) return ok('One NUMA node: all memory is equally near.');
  const displays = pci.filter(isGraphicsCard);
  const unknown = displays.filter((device) => device.numaNode === null);
  const text = `${withCpus.length} nodes with CPUs (${withCpus.map((node) => `node ${node.id}: ${count(node.cpus.length, 'CPU')}`).join(', ')})`;
  if (displays.length > 0 && unknown.length > 0) {
    return warning(
      `${text}; the firmware does not say which node ${unknown.map((device) => device.address).join(', ')} is on (numa_node -1).`,
      'Look in the board manual which socket feeds the slot, and set cpu.node.',
    );
  }
  return info(
    `${text}${displays.length === 0 ? '' : `; ${displays.map((device) => `${device.address} is on node ${device.numaNode}`).join(', ')}`}.`,
  );
};

export const checkHugepages = ({memory, cpu, nodes}: HostFacts): Check => {
  const {ok, info} = about('hugepages', 'Hugepages');
  const sizes =
    memory.hugepageSizesKiB.length > 0
      ? memory.hugepageSizesKiB
      : [...new Set(nodes.flatMap((node) => node.hugepages.map((pool) => pool.sizeKiB)))];
  if (sizes.length === 0) return info('No hugepage sizes are known (/sys/kernel/mm/hugepages).');
  const words = sizes.map((size) =>
    size >= kibPerGiB ? `${size / kibPerGiB} GiB` : size >= 1024 ? `${size / 1024} MiB` : `${size} KiB`,
  );
  const reserved = nodes.flatMap((node) =>
    node.hugepages
      .filter((pool) => pool.total > 0)
      .map((pool) => `${pool.total} × ${pool.sizeKiB / 1024} MiB on node ${node.id}`),
  );
  const gigabyte = cpu.flags === null || cpu.flags.includes('pdpe1gb') ? '' : ' The CPU has no 1 GiB pages (pdpe1gb).';
  return ok(
    `The kernel offers ${listWords(words)}; ${reserved.length === 0 ? 'none are reserved now' : `reserved now: ${reserved.join(', ')}`}.${gigabyte}`,
  );
};
