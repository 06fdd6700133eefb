import {describeTaken} from '../../describe-taken.ts';
import type {Artifact} from '../../../artifacts/artifact.ts';
import {judgeReadable, type Rendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Finding} from '../../../findings/finding.ts';
import {nextStartOf, parseGuestConfig} from '../../../formats/qemu-server/config.ts';
import {editGuestConfig} from '../../../formats/qemu-server/edit-config.ts';
import {changeOfSettings, isNoChange} from '../../../formats/qemu-server/settings.ts';
import type {Plan, PlannedDevice} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {type ProxmoxPlan, proxmoxPlanOf} from '../proxmox-facts.ts';
import {createArguments, setArguments} from '../qm-arguments.ts';
import {hostPciLines} from './host-pci.ts';
import {judgeCards} from './judge-cards.ts';
import {settingsOfNewGuest, settingsOfPlan} from './settings-of-plan.ts';
import {usbLines} from './usb-lines.ts';
import {listWords} from '../../../words/list-words.ts';

/** The guest's configuration: single settings of the one that is there, or a new one. */
export const renderProxmoxGuest = (facts: HostFacts, planned: Plan): Rendered => {
  const plan = proxmoxPlanOf(planned);
  const file = facts.files[plan.guest.path];
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  if (file?.encoding === 'latin1') return {artifacts: [], findings: [notUtf8(file.path)]};
  const rendered = file === undefined ? renderNew(facts, plan) : renderEdit(facts, plan, file.text ?? '', file.mode);
  return {
    ...rendered,
    findings: [...rendered.findings, ...judgeNetworks(plan), ...judgeSlices(plan), ...judgeVgpus(plan)],
  };
};

/** hostpci has no word for them (Proxmox VE: qm.conf(5)), and with the libvirt back-end it is libvirt that sets both. */
const judgeNetworks = ({devices}: ProxmoxPlan): readonly Finding[] =>
  devices.flatMap(({assigned}) => {
    if (assigned.type !== 'virtual-function' || assigned.network === null) return [];
    const {of, index, network} = assigned;
    const keys = listWords([...(network.mac === null ? [] : ['mac']), ...(network.vlan === null ? [] : ['vlan'])]);
    return keys === ''
      ? []
      : [
          {
            code: 'guest-option-unsupported',
            severity: 'blocker',
            subject: `${of}/virtfn${index}`,
            message: `Proxmox VE gives a guest ${of}/virtfn${index} without setting ${keys}.`,
            remedy: `Take ${keys} out of the profile, and set it in the guest, or on the host before the guest starts (\`ip link set dev NIC vf ${index} …\`).`,
          },
        ];
  });

/** The text that the guest's file is to have. */
export const renderWantedGuest = (facts: HostFacts, plan: ProxmoxPlan): string => {
  const present = facts.files[plan.guest.path]?.text ?? null;
  return present === null
    ? editGuestConfig('', new Map([...settingsOfNewGuest(plan), ...settingsOfPlan(facts, plan, [])]))
    : editGuestConfig(present, settingsOfPlan(facts, plan, nextStartOf(parseGuestConfig(present))));
};

/** Proxmox VE sets the type itself when the guest starts, by the number that it has with this driver. */
const judgeVgpus = ({devices, guest}: ProxmoxPlan): readonly Finding[] =>
  devices.flatMap(({assigned}) =>
    assigned.type !== 'virtual-function' || assigned.vgpu === null
      ? []
      : [
          {
            code: 'guest-option-unsupported',
            severity: 'blocker',
            subject: `${assigned.of}/virtfn${assigned.index}`,
            message: `Proxmox VE sets vGPU types itself when a guest starts, and this version does not write that.`,
            remedy: `Enable pve-nvidia-sriov@ALL.service, take this device out of the profile, and set it by hand: qm set ${guest.vmid} --hostpci0 ${assigned.address ?? 'ADDRESS'},mdev=nvidia-NUMBER, with the number of ${assigned.vgpu.name}.`,
          },
        ],
  );

/** A line names the parent by its PCI address; UUID, attributes and display have no word (Proxmox VE: qm.conf(5)). */
const judgeSlices = ({devices}: ProxmoxPlan): readonly Finding[] =>
  devices.flatMap(({assigned}) => {
    if (assigned.type !== 'mediated-device') return [];
    const {parent, mdevType, of, attributes, display} = assigned;
    const keys = listWords([...(attributes.length === 0 ? [] : ['attributes']), ...(display ? ['display'] : [])]);
    const isWritable = of !== null && !/[/.:,]/.test(mdevType);
    if (isWritable && keys === '') return [];
    return [
      {
        code: 'guest-option-unsupported',
        severity: 'blocker',
        subject: `${parent}/${mdevType}`,
        message:
          of === null
            ? `Proxmox VE makes mediated devices of PCI devices only, and ${parent} is none.`
            : !isWritable
              ? `Proxmox VE takes no type whose name has one of / . : and a comma, and this one is ${mdevType}.`
              : `Proxmox VE gives a guest ${parent}/${mdevType} without ${keys}.`,
        remedy: isWritable ? `Take ${keys} out of the profile.` : 'Choose another parent or type.',
      },
    ];
  });

const renderEdit = (facts: HostFacts, plan: ProxmoxPlan, present: string, mode: number): Rendered => {
  const {path, vmid} = plan.guest;
  const lines = nextStartOf(parseGuestConfig(present));
  const text = renderWantedGuest(facts, plan);
  const change = changeOfSettings(present, text);
  const command = commandLine(setArguments(vmid, change, 'DIGEST'));
  const why = isNoChange(change) ? [] : [facts.isLive ? `written by ${command}` : `on the running host: ${command}`];
  return {
    artifacts: [guestFile(path, text, mode, [...why, ...describe(plan)])],
    findings: [
      ...(hostPciLines(facts, plan, lines).isFull ? [noNumberLeft(path)] : []),
      ...judgeCards(facts, plan, lines),
      ...(usbLines(plan, lines).isFull ? [noUsbNumberLeft(path)] : []),
    ],
  };
};

/** Only qm can make the small disks of a new guest, so that below another root its command is all there is. */
const renderNew = (facts: HostFacts, plan: ProxmoxPlan): Rendered => {
  const {path, vmid} = plan.guest;
  const text = renderWantedGuest(facts, plan);
  const argv = createArguments(vmid, text);
  const why = [`qm ${argv.slice(0, 2).join(' ')} makes it, with the disks for its firmware`, ...describe(plan)];
  const findings = judgeCards(facts, plan, []);
  if (facts.isLive) return {artifacts: [{...guestFile(path, text, 0o640, why), onRollback: 'keep'}], findings};
  return {
    artifacts: [{kind: 'command', argv: ['/usr/sbin/qm', ...argv], undo: null, triggers: [], timeoutSeconds: 120, why}],
    findings,
  };
};

const guestFile = (path: string, text: string, mode: number, why: readonly string[]) =>
  ({kind: 'file', path, text, encoding: 'utf8', mode, placing: 'first', by: 'registry', why}) satisfies Artifact;

const commandLine = (argv: readonly string[]): string => ['qm', ...argv.map(quoteForShell)].join(' ');

const describe = ({devices, memory, guest}: ProxmoxPlan): readonly string[] => [
  describeTaken(devices.map(describeDevice)),
  `${guest.vcpus} vCPUs${guest.affinity.length === 0 ? '' : ' on the cores of its affinity'}${memory.nodes.length > 0 ? `, and the memory on node ${memory.nodes.join(', ')}` : ''}`,
];

const describeDevice = ({address, assigned}: PlannedDevice): string =>
  assigned.type === 'mediated-device'
    ? `${assigned.mdevType} of ${assigned.parent}`
    : assigned.type === 'usb'
      ? `the USB device ${assigned.id}`
      : assigned.type === 'pooled-function'
        ? `any virtual function of ${assigned.of}`
        : (address ?? assigned.address ?? 'a function without an address yet');

const notUtf8 = (path: string): Finding => ({
  code: 'file-unreadable',
  severity: 'blocker',
  subject: path,
  message: `${path} is not UTF-8, so it cannot be edited safely.`,
  remedy: 'Find the line with the odd character, and set it anew with qm set.',
});

const noNumberLeft = (path: string): Finding => ({
  code: 'guest-option-unsupported',
  severity: 'blocker',
  subject: path,
  message: `${path} has all sixteen hostpci lines already, so no card can be added.`,
  remedy: 'Take one out that the guest does not need: qm set VMID --delete hostpciN.',
});

const noUsbNumberLeft = (path: string): Finding => ({
  code: 'guest-option-unsupported',
  severity: 'blocker',
  subject: path,
  message: `${path} has the lines usb0 to usb4 already, so no USB device can be added.`,
  remedy: 'Take one out that the guest does not need: qm set VMID --delete usbN.',
});
