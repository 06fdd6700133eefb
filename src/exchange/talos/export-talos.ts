import type {Plan} from '../../plan/plan.ts';
import type {Exporter} from '../exporter.ts';
import {refuseLaterBinding, wholeFunctions} from '../whole-functions.ts';
import {exportHeader, yamlLines} from '../yaml-text.ts';

/**
 * The host's part of a plan for Talos Linux 1.10 and newer, which binds by address (PCIDriverRebindConfig). Kernel
 * arguments are in the image there, and not in the machine configuration (docs.siderolabs.com: Boot Loader). It unbinds
 * and probes once udev has settled (siderolabs/talos: pci_driver_rebind.go).
 */
export const exportTalos: Exporter = (_, {plan}) => {
  wholeFunctions(plan, 'Talos');
  refuseLaterBinding(plan, 'Talos');
  const words = plan.kernelArguments.add.map(({text}) => text);
  return [
    {
      title: 'patch.yaml, for `talosctl patch machineconfig --nodes NODE --patch @patch.yaml`',
      lines: [
        ...exportHeader(
          plan.profile,
          ['Unproven: no program of Talos has read it. Names are those of the documentation of Talos 1.10.'],
          leftOut(plan),
        ),
        ...yamlLines({machine: {kernel: {modules: modulesOf(plan)}}}),
        ...boundOf(plan).flatMap((address) => [
          '---',
          ...yamlLines({
            apiVersion: 'v1alpha1',
            kind: 'PCIDriverRebindConfig',
            name: address,
            targetDriver: 'vfio-pci',
          }),
        ]),
      ],
    },
    ...(words.length === 0
      ? []
      : [
          {
            title: 'schematic.yaml, for the Image Factory; then upgrade the node to the image that it names',
            lines: yamlLines({customization: {extraKernelArgs: words}}),
          },
        ]),
  ];
};

/** Binding by ids knows the addresses as well, and Talos has no other way. */
const boundOf = ({binding, devices}: Plan): readonly string[] =>
  binding.by === 'address'
    ? binding.byAddress
    : devices.flatMap(({assigned}) => (assigned.type === 'pci' ? [assigned.address] : []));

const modulesOf = ({binding}: Plan) => {
  const options = binding.moduleOptions.filter(({module, parameter}) => !(isVfioPci(module) && parameter === 'ids'));
  const names = ['vfio_pci', 'vfio_iommu_type1', ...options.map(({module}) => module.replaceAll('-', '_'))];
  return [...new Set(names)].map((name) => {
    const parameters = options
      .filter(({module}) => module.replaceAll('-', '_') === name)
      .map(({parameter, value}) => `${parameter}=${value}`);
    return {name, ...(parameters.length === 0 ? {} : {parameters})};
  });
};

const isVfioPci = (module: string): boolean => module.replaceAll('-', '_') === 'vfio_pci';

const leftOut = ({kernelArguments, memory, binding}: Plan): readonly string[] => [
  'The guest: use `export kubevirt`.',
  'What the device is: Talos binds whatever is at that address, so compare it with `talosctl get pcidevices` first.',
  'Binding before the drivers of the host: Talos takes the device from its driver once udev has settled.',
  ...(binding.softdeps.length === 0
    ? []
    : [`An order in which drivers load (${binding.softdeps.join(', ')} after vfio-pci).`]),
  ...(kernelArguments.remove.length === 0
    ? []
    : [
        `Arguments to take away: ${kernelArguments.remove.map(({text}) => text).join(' ')}. Leave them out of the schematic.`,
      ]),
  ...(memory.hugepages?.method === 'release-unit'
    ? ['Giving back huge pages of the nodes that the guest does not use: the kernel takes the sum on all nodes.']
    : []),
  ...(memory.hugepages?.method === 'hook'
    ? ['Huge pages that are taken when the guest starts. Set memory.allocation: boot.']
    : []),
  'Undo: take the documents out of the configuration, and go back to the image of before.',
];
