import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import type {KvmGuestPlan, Plan} from '../../plan/plan.ts';
import {libvirtOnly} from '../libvirt-only.ts';
import type {Exporter} from '../exporter.ts';
import {refuseLaterBinding, wholeFunctions, type WholeFunction} from '../whole-functions.ts';
import {exportHeader, kubernetesName, yamlLines} from '../yaml-text.ts';
import {listWords} from '../../words/list-words.ts';

/** Label of the nodes that were set up from the profile. */
const nodeLabel = 'vfio-pilot-profile';

/**
 * What the cluster may give to guests, and a VirtualMachine. Names are those of KubeVirt's API (kubevirt/kubevirt:
 * api/openapi-spec/swagger.json); what goes together with what is as its webhook has it (vmi-create-admitter.go).
 */
export const exportKubevirt: Exporter = (facts, {plan}) => {
  const functions = wholeFunctions(plan, 'KubeVirt');
  refuseLaterBinding(plan, 'KubeVirt');
  const {guest} = plan;
  if (guest.kind !== 'kvm')
    throw new UsageError('This host has guests of another program than libvirt.', 'Use the export for that program.');
  const name = kubernetesName(guest.name, 'guest.name');
  const label = kubernetesName(plan.profile, 'name');
  return [
    {
      title: null,
      lines: [
        ...exportHeader(
          plan.profile,
          [
            `Once for each node that is set up:  kubectl label node NODE ${nodeLabel}=${label}`,
            'Then:  kubectl apply --server-side --field-manager=vfio-pilot -f FILE',
            'A conflict means that somebody else has set the same list: put both together by hand.',
          ],
          leftOut(facts, plan, functions),
        ),
        '---',
        ...yamlLines(permitted(functions)),
        '---',
        ...yamlLines(virtualMachine(plan, guest, {name, label}, functions)),
      ],
    },
  ];
};

const resourceOf = (id: string): string => `pci.vfio/${id.replace(':', '_')}`;

/** Both lists are replaced as a whole (`listType=atomic`), so that a server-side apply meets a conflict rather than losing one. */
const permitted = (functions: readonly WholeFunction[]) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'KubeVirt',
  metadata: {name: 'kubevirt', namespace: 'kubevirt'},
  spec: {
    configuration: {
      developerConfiguration: {featureGates: ['HostDevices']},
      permittedHostDevices: {
        pciHostDevices: [...new Set(functions.map(({id}) => id))].map((id) => ({
          pciVendorSelector: id,
          resourceName: resourceOf(id),
        })),
      },
    },
  },
});

const virtualMachine = (
  {pinning, memory}: Plan,
  guest: KvmGuestPlan,
  {name, label}: {readonly name: string; readonly label: string},
  functions: readonly WholeFunction[],
) => {
  const {sockets, dies, cores, threads} = pinning.topology;
  const {hugepages} = memory;
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: {name},
    spec: {
      runStrategy: 'Halted',
      template: {
        spec: {
          nodeSelector: {[nodeLabel]: label},
          domain: {
            cpu: {
              model: 'host-passthrough',
              sockets,
              cores: dies * cores,
              threads,
              dedicatedCpuPlacement: true,
              isolateEmulatorThread: pinning.emulator.length > 0,
              ...(hugepages === null ? {} : {numa: {guestMappingPassthrough: {}}}),
            },
            memory: {
              guest: `${memory.sizeKiB / 1024}Mi`,
              ...(hugepages === null ? {} : {hugepages: {pageSize: pageSize(hugepages.sizeKiB)}}),
            },
            firmware: {bootloader: bootloader(guest)},
            ...featuresOf(guest),
            devices: {
              hostDevices: functions.map(({id}, index) => ({name: `pci${index}`, deviceName: resourceOf(id)})),
              ...(guest.hasTpm ? {tpm: {}} : {}),
            },
          },
        },
      },
    },
  };
};

const pageSize = (sizeKiB: number): string =>
  sizeKiB >= 1024 ** 2 ? `${sizeKiB / 1024 ** 2}Gi` : `${sizeKiB / 1024}Mi`;

const bootloader = ({firmware}: KvmGuestPlan) =>
  firmware === 'bios' ? {bios: {}} : {efi: {secureBoot: firmware === 'uefi-secure'}};

/** libvirt's name of a feature, and KubeVirt's. */
const hypervNames: Readonly<Record<string, string>> = {
  relaxed: 'relaxed',
  vapic: 'vapic',
  vpindex: 'vpindex',
  runtime: 'runtime',
  synic: 'synic',
  stimer: 'synictimer',
  reset: 'reset',
  frequencies: 'frequencies',
  reenlightenment: 'reenlightenment',
  tlbflush: 'tlbflush',
  ipi: 'ipi',
  evmcs: 'evmcs',
};

const hypervOf = ({hyperv, hypervVendorId}: KvmGuestPlan) => {
  const known = hyperv.flatMap((name) => {
    if (name === 'spinlocks') return [[name, {enabled: true, spinlocks: 8191}] as const];
    const theirs = Object.hasOwn(hypervNames, name) ? hypervNames[name] : undefined;
    return theirs === undefined ? [] : [[theirs, {enabled: true}] as const];
  });
  return {
    ...Object.fromEntries(known),
    ...(hypervVendorId === null ? {} : {vendorid: {enabled: true, vendorid: hypervVendorId}}),
  };
};

/** Secure Boot needs SMM. */
const featuresOf = (guest: KvmGuestPlan) => {
  const hyperv = hypervOf(guest);
  const features = {
    ...(guest.firmware === 'uefi-secure' ? {smm: {enabled: true}} : {}),
    ...(guest.isKvmHidden ? {kvm: {hidden: true}} : {}),
    ...(Object.keys(hyperv).length === 0 ? {} : {hyperv}),
  };
  return Object.keys(features).length === 0 ? {} : {features};
};

const leftOut = (facts: HostFacts, plan: Plan, functions: readonly WholeFunction[]): readonly string[] => {
  const ids = new Set<string>(functions.map(({id}) => id));
  const twins = facts.pci.filter((one) => ids.has(idOf(one)) && !plan.binding.byAddress.includes(one.address));
  const hyperv = plan.guest.kind === 'kvm' ? plan.guest.hyperv : [];
  const unknown = hyperv.filter((name) => name !== 'spinlocks' && !Object.hasOwn(hypervNames, name));
  return [
    'The node itself: bind the device and set the kernel arguments with `export machineconfig`, `export talos` or `export script`.',
    'An address. KubeVirt takes any function with the same vendor and device that vfio-pci has on the node; of several equal cards it may mix the functions.',
    ...(twins.length === 0 || plan.binding.by === 'ids'
      ? []
      : [
          `Which of equal devices: ${listWords(twins.map(({address}) => address))} would be offered too as soon as vfio-pci has it. Bind by address, and never by ids.`,
        ]),
    'Which CPUs. The kubelet chooses them: it needs the CPU manager policy static, and the topology manager policy single-numa-node to keep them on the node of the card.',
    ...(plan.pinning.iothreads.length === 0 ? [] : ['The CPUs of I/O threads.']),
    ...(plan.pinning.topology.dies > 1 ? ['Dies: they are counted as cores.'] : []),
    ...(plan.memory.hugepages === null
      ? ['The memory node: KubeVirt maps nodes only for a guest with huge pages.']
      : plan.memory.hugepages.method === 'hook'
        ? [
            'Huge pages that are taken when the guest starts: the kubelet counts those of the boot. Set memory.allocation: boot.',
          ]
        : []),
    ...(plan.devices.some(({assigned}) => assigned.type === 'pci' && assigned.rom !== null) ? ['A ROM file.'] : []),
    ...(unknown.length === 0 ? [] : [`The Hyper-V features ${unknown.join(', ')}.`]),
    ...libvirtOnly(plan),
    'Disks and networks: the machine has none of its own. Add them, then start it.',
  ];
};
