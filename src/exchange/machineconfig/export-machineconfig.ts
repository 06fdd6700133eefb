import {earlyBinding} from '../../binding/early-binding.ts';
import {modprobePath, udevRulesPath} from '../../binding/files.ts';
import {ownHeader} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {hugepagesUnitName, renderHugepagesUnit} from '../../hypervisor/kvm/hugepages-units.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Exporter} from '../exporter.ts';
import {refuseLaterBinding, wholeFunctions} from '../whole-functions.ts';
import {exportHeader, kubernetesName, yamlLines} from '../yaml-text.ts';

/**
 * The host's part of a plan for the nodes of OpenShift: a MachineConfig with an Ignition config of specification 3.2.0
 * (openshift/openshift-docs#98467), and a pool of its own, as its addresses are of one kind of host (OpenShift: custom
 * machine config pools).
 */
export const exportMachineconfig: Exporter = (facts, {plan}) => {
  wholeFunctions(plan, 'A MachineConfig');
  refuseLaterBinding(plan, 'a MachineConfig');
  const role = `vfio-${kubernetesName(plan.profile, 'name')}`;
  return [
    {
      title: null,
      lines: [
        ...exportHeader(
          plan.profile,
          [
            'oc apply -f FILE, then for each node of this kind (it reboots):',
            `  oc label node NODE node-role.kubernetes.io/${role}=`,
            'Not tried on a cluster. The Ignition config in it is one that ignition-validate takes.',
          ],
          leftOut(plan),
        ),
        '---',
        ...yamlLines(poolOf(role)),
        '---',
        ...yamlLines(configOf(facts, plan, role)),
      ],
    },
  ];
};

const poolOf = (role: string) => ({
  apiVersion: 'machineconfiguration.openshift.io/v1',
  kind: 'MachineConfigPool',
  metadata: {name: role},
  spec: {
    machineConfigSelector: {
      matchExpressions: [{key: 'machineconfiguration.openshift.io/role', operator: 'In', values: ['worker', role]}],
    },
    nodeSelector: {matchLabels: {[`node-role.kubernetes.io/${role}`]: ''}},
  },
});

const configOf = (facts: HostFacts, plan: Plan, role: string) => {
  const files = filesOf(facts, plan);
  const release = renderHugepagesUnit(plan);
  const words = plan.kernelArguments.add.map(({text}) => text);
  return {
    apiVersion: 'machineconfiguration.openshift.io/v1',
    kind: 'MachineConfig',
    metadata: {name: `99-${role}`, labels: {'machineconfiguration.openshift.io/role': role}},
    spec: {
      config: {
        ignition: {version: '3.2.0'},
        ...(files.length === 0 ? {} : {storage: {files: files.map(fileOf)}}),
        ...(release === null ? {} : {systemd: {units: [{name: hugepagesUnitName, enabled: true, contents: release}]}}),
      },
      ...(words.length === 0 ? {} : {kernelArguments: words}),
    },
  };
};

type NodeFile = {readonly path: string; readonly text: string};

const filesOf = ({pci}: HostFacts, plan: Plan): readonly NodeFile[] => {
  const early = earlyBinding(plan);
  return [
    {path: modprobePath, text: early.moduleOptions()},
    {path: udevRulesPath, text: early.rules(pci)},
    // By ids nothing else asks for the module.
    {
      path: '/etc/modules-load.d/vfio-pilot.conf',
      text: plan.binding.by === 'ids' ? `${ownHeader('#', plan.profile)}vfio-pci\n` : '',
    },
  ].filter(({text}) => text !== '');
};

/** Ignition: the mode is a decimal number, the content a URL (RFC 2397). */
const fileOf = ({path, text}: NodeFile) => ({
  path,
  mode: 0o644,
  overwrite: true,
  contents: {source: `data:;base64,${Buffer.from(text).toString('base64')}`},
});

const leftOut = ({binding, kernelArguments, memory, isolation}: Plan): readonly string[] => [
  'The guest: use `export kubevirt`.',
  'The initramfs, which comes with the image. A driver in it that takes the card does so before these files are read: look with `lspci -k` after the reboot.',
  ...(binding.by === 'address'
    ? ['Another address: on a node where another device is there, the rule does nothing.']
    : ['One of several equal cards: binding by ids takes all of them.']),
  ...(kernelArguments.remove.length === 0
    ? []
    : [
        `Arguments to take away: ${kernelArguments.remove.map(({text}) => text).join(' ')}. Change the MachineConfig that has them.`,
      ]),
  ...(memory.hugepages?.method === 'hook'
    ? ['Huge pages that are taken when the guest starts. Set memory.allocation: boot.']
    : []),
  ...(isolation.method === 'cgroup' ? ['Cores that are kept free while the guest runs: the kubelet does that.'] : []),
  'A trial: a MachineConfig is undone by taking it away, on a node that still starts.',
];
