import {coresOf} from '../../../facts/cores.ts';
import {formatCpuList} from '../../../facts/kernel-lists.ts';
import type {ProxmoxGuest, ProxmoxOther} from '../../../facts/virtualisation.ts';
import {type ConfigLine, nextStartOf, parseGuestConfig, valueOf} from '../../../formats/qemu-server/config.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import type {PinningPlan, ProxmoxGuestPlan} from '../../../plan/plan.ts';
import {chooseHiding} from '../../choose-hiding.ts';
import {judgeUnusedKeys} from '../../judge-unused-keys.ts';
import {chooseHookscript} from '../hookscript/choose-hookscript.ts';
import {nameOfGuest, proxmoxOf} from '../proxmox-facts.ts';
import {chooseNewGuest, type NewGuest} from './choose-new-guest.ts';
import {judgeBinding} from './judge-binding.ts';
import {judgeExistingGuest} from './judge-existing-guest.ts';
import {keysWithoutEffect} from './unused-keys.ts';
import {listWords} from '../../../words/list-words.ts';

export const chooseProxmoxGuest = (
  context: PlanContext,
  chosen: ChosenDevices,
  pinning: PinningPlan,
): ProxmoxGuestPlan => {
  const {guests} = proxmoxOf(context.facts);
  const {name, domain} = context.profile.guest;
  const found = guests.filter((guest) => String(guest.vmid) === name || guest.name === name);
  const guest = chooseOne(context, found);
  const elsewhere = guest === null ? findElsewhere(context) : null;
  if (elsewhere !== null)
    context.report('blocker', 'guest-elsewhere', {
      subject: 'guest.name',
      message: `${describe(elsewhere)} is on node ${elsewhere.node}, and a card of this node can only go to a guest of this node.`,
      remedy: `Run vfio-pilot on ${elsewhere.node}, or move the guest here first (on ${elsewhere.node}: qm migrate ${elsewhere.vmid} ${proxmoxOf(context.facts).node ?? 'NODE'}); or set guest.domain: new with another guest.name.`,
    });
  if (guest === null && elsewhere === null && domain === 'existing')
    context.report('blocker', 'guest-missing', {
      subject: 'guest.name',
      message: `No guest of this node is called ${name}, by name or VMID${guests.length === 0 ? '; it has none' : `; it has ${guests.map(describe).join(', ')}`}.`,
      remedy: 'Correct guest.name, or set guest.domain: new.',
    });
  if (guest !== null && domain === 'new')
    context.report('blocker', 'guest-exists', {
      subject: 'guest.name',
      message: `${describe(guest)} exists already.`,
      remedy: 'Choose another guest.name, or set guest.domain: existing to edit it.',
    });
  judgeBinding(context, chosen);
  judgeUnusedKeys(context, keysWithoutEffect(context.profile));
  const machine = guest === null ? chooseNewGuest(context) : keepMachine(context, guest);
  return {
    kind: 'proxmox',
    ...machine,
    path: `/etc/pve/qemu-server/${machine.vmid}.conf`,
    isNew: guest === null,
    os: context.profile.guest.os,
    vcpus: context.profile.cpu.vcpus,
    ...hidingOf(context, chosen),
    affinity: chooseAffinity(context, pinning),
    usesMapping: context.profile.guest.mapping,
    hookscript: chooseHookscript(context, {
      vmid: machine.vmid,
      present: guest === null ? null : valueOf(linesOf(context, guest), 'hookscript'),
      pinning,
    }),
  };
};

/** A guest of the cluster that is not here, unless a new one is wanted and only the name is the same. */
const findElsewhere = ({facts, profile}: PlanContext): ProxmoxOther | null => {
  const {name, domain} = profile.guest;
  const found = proxmoxOf(facts).others.filter(({kind}) => kind === 'guest');
  const byVmid = found.find(({vmid}) => String(vmid) === name);
  return domain === 'new' ? null : (byVmid ?? found.find((other) => other.name === name) ?? null);
};

const describe = ({vmid, name}: Pick<ProxmoxGuest, 'vmid' | 'name'>): string =>
  name === null ? String(vmid) : `${vmid} (${name})`;

/** Names need not be different in Proxmox; a VMID always is, and counts before a name of digits. */
const chooseOne = (context: PlanContext, found: readonly ProxmoxGuest[]): ProxmoxGuest | null => {
  const {name} = context.profile.guest;
  const byVmid = found.find(({vmid}) => String(vmid) === name);
  const [first, second] = found;
  if (byVmid !== undefined) return byVmid;
  if (first !== undefined && second !== undefined)
    context.report('blocker', 'guest-ambiguous', {
      subject: 'guest.name',
      message: `${listWords(found.map(({vmid}) => String(vmid)))} are both called ${name}.`,
      remedy: `Set guest.name to the VMID of the one that you mean.`,
    });
  return first ?? null;
};

const linesOf = ({facts}: PlanContext, {path}: ProxmoxGuest): readonly ConfigLine[] =>
  nextStartOf(parseGuestConfig(facts.files[path]?.text ?? ''));

/** What Proxmox has of the guest stays: its machine, its firmware, its disks. */
const keepMachine = (context: PlanContext, guest: ProxmoxGuest): NewGuest => {
  const lines = linesOf(context, guest);
  const isPcie = (valueOf(lines, 'machine') ?? '').includes('q35');
  context.decide(
    'guest.domain',
    `guest ${describe(guest)}, edited in place`,
    `it is in ${guest.path}, and qm set changes single lines of it`,
  );
  judgeExistingGuest(context, guest, lines, isPcie);
  return {
    vmid: guest.vmid,
    name: nameOfGuest(guest),
    firmware: valueOf(lines, 'bios') === 'ovmf' ? 'uefi' : 'bios',
    hasTpm: valueOf(lines, 'tpmstate0') !== null,
    cdrom: null,
    storage: null,
    bridge: null,
    isPcie,
  };
};

/** Proxmox has a rule for the text: letters and digits only (`PVE::QemuServer::CPUConfig`). */
const hidingOf = (
  context: PlanContext,
  chosen: ChosenDevices,
): Pick<ProxmoxGuestPlan, 'isKvmHidden' | 'hypervVendorId'> => {
  const {isKvmHidden, hypervVendorId} = chooseHiding(context, chosen);
  const {hideHypervisor, hypervVendorId: given} = context.profile.guest;
  const text = given === 'auto' ? (hypervVendorId?.replaceAll('-', '') ?? null) : hypervVendorId;
  if (text !== null && !/^[A-Za-z0-9]{1,12}$/.test(text))
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.hypervVendorId',
      message: `Proxmox VE takes up to 12 letters and digits as Hyper-V vendor id, and not ${text}.`,
      remedy: 'Set guest.hypervVendorId: auto.',
    });
  return {isKvmHidden: isKvmHidden ? true : hideHypervisor === false ? false : null, hypervVendorId: text};
};

/** Whole cores: a thread of another program on the second half of a core slows down the first. */
const chooseAffinity = (context: PlanContext, pinning: PinningPlan): readonly number[] => {
  const pins = new Set(pinning.vcpus.flatMap(({cpus}) => cpus));
  const cpus = coresOf(context.facts)
    .filter(({threads}) => threads.some((thread) => pins.has(thread)))
    .flatMap(({threads}) => threads)
    .sort((a, b) => a - b);
  if (cpus.length > 0)
    context.decide(
      'cpu.pins',
      `affinity ${formatCpuList(cpus)}`,
      `Proxmox VE knows no pin for a single vCPU: all threads of the guest run on these cores, and the host’s scheduler deals them out${context.profile.guest.hookscript ? ' until the hookscript pins each' : ' (guest.hookscript: true pins each)'}; it knows no threads in the guest’s topology either, so each vCPU is a core there`,
    );
  return cpus;
};
