import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {Plan} from '../../plan/plan.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import type {Exporter} from '../exporter.ts';
import {libvirtOnly} from '../libvirt-only.ts';
import {type WholeFunction, wholeFunctions} from '../whole-functions.ts';
import {exportHeader} from '../yaml-text.ts';

/**
 * What OpenStack's Nova has to know: which functions of the host it may give away, what they are called, and a flavor
 * that asks for them. Names are those of nova/conf/pci.py, nova/pci/request.py and nova/api/validation/extra_specs.
 */
export const exportNova: Exporter = (facts, {plan}) => {
  const {guest, hypervisorArguments} = plan;
  if (guest.kind !== 'kvm' || hypervisorArguments !== null)
    throw new UsageError('Nova is asked for guests of libvirt and KVM here.', 'Export from the facts of such a host.');
  const functions = wholeFunctions(plan, 'Nova');
  const wide = functions.find(({address}) => address.indexOf(':') > 4);
  if (wide !== undefined)
    throw new UsageError(
      `Nova knows PCI domains up to ffff, and ${wide.address} is in another.`,
      'Give that device to a guest with `vfio-pilot apply` instead.',
    );
  return [
    {
      title: 'nova.conf of this compute host',
      lines: [
        ...exportHeader(plan.profile, ['Unproven: nothing of OpenStack reads it in the tests.'], leftOut(plan)),
        '[compute]',
        `cpu_dedicated_set = ${formatCpuList(plan.pinning.vcpus.flatMap(({cpus}) => cpus))}`,
        '[pci]',
        ...functions.map(({address}) => `device_spec = ${JSON.stringify({address})}`),
        ...aliases(facts, plan, functions),
      ],
    },
    {title: 'nova.conf where nova-api runs', lines: ['[pci]', ...aliases(facts, plan, functions)]},
    {title: 'A flavor', lines: flavorLines(plan, functions)},
  ];
};

const aliasOf = (id: string): string => `vfio-${id.replace(':', '-')}`;

/** A function that can make virtual ones is given out only where an alias asks for `type-PF` (nova: pci/stats.py). */
const aliases = ({pci}: HostFacts, plan: Plan, functions: readonly WholeFunction[]): readonly string[] => {
  const isOnNode = plan.devices.some(({numaNode}) => numaNode !== null);
  const byId = new Map(functions.map(({address, id}) => [id, address]));
  return [...byId].map(([id, address]) => {
    const [vendor = '', product = ''] = id.split(':');
    const isPhysical = pci.some((one) => one.address === address && one.sriov !== null);
    return `alias = ${JSON.stringify({
      name: aliasOf(id),
      vendor_id: vendor,
      product_id: product,
      device_type: isPhysical ? 'type-PF' : 'type-PCI',
      numa_policy: isOnNode ? 'required' : 'preferred',
    })}`;
  });
};

const flavorLines = ({pinning, memory, guest}: Plan, functions: readonly WholeFunction[]): readonly string[] => {
  const counts = [...new Set(functions.map(({id}) => id))].map(
    (id) => `${aliasOf(id)}:${functions.filter((one) => one.id === id).length}`,
  );
  const {hugepages} = memory;
  const properties = [
    'hw:cpu_policy=dedicated',
    ...(pinning.topology.threads > 1 ? ['hw:cpu_thread_policy=require'] : []),
    `hw:numa_nodes=${memory.cells?.length ?? 1}`,
    ...(pinning.emulator.length > 0 ? ['hw:emulator_threads_policy=isolate'] : []),
    ...(hugepages === null ? [] : [`hw:mem_page_size=${hugepages.sizeKiB}KiB`]),
    ...(guest.kind === 'kvm' && guest.isKvmHidden ? ['hw:hide_hypervisor_id=true'] : []),
    `pci_passthrough:alias=${counts.join(',')}`,
  ];
  return [
    `openstack flavor create ${quoteForShell(guest.name)} --vcpus ${pinning.vcpus.length} --ram ${Math.ceil(memory.sizeKiB / 1024)}`,
    `openstack flavor set ${quoteForShell(guest.name)} ${properties.map((one) => `--property ${quoteForShell(one)}`).join(' ')}`,
  ];
};

const leftOut = (plan: Plan): readonly string[] => {
  const {kernelArguments, pinning, binding} = plan;
  return [
    `The host itself. Its kernel needs: ${kernelArguments.add.map(({text}) => text).join(' ') || 'no further arguments'}.`,
    ...(binding.by === 'libvirt'
      ? []
      : [
          'Early binding: libvirt takes the device when the guest starts, unless the host keeps its drivers off before.',
        ]),
    'Which vCPU runs where: Nova chooses among cpu_dedicated_set, which is to hold the CPUs of all such guests of this host.',
    ...(pinning.iothreads.length === 0 ? [] : ['I/O threads and their CPUs.']),
    'Which of several equal devices: an alias is a vendor and a product. Only device_spec knows addresses.',
    'Firmware, TPM and Hyper-V features: these are properties of the image.',
    ...libvirtOnly(plan),
    'Disk: the flavor has none, so start its guests from a volume, or set one with --disk.',
  ];
};
