import type {PlanContext} from '../../../plan/context.ts';
import type {ProxmoxOther} from '../../../facts/virtualisation.ts';
import type {ProxmoxGuestPlan} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {proxmoxOf} from '../proxmox-facts.ts';

export type NewGuest = Pick<
  ProxmoxGuestPlan,
  'vmid' | 'name' | 'firmware' | 'hasTpm' | 'cdrom' | 'storage' | 'bridge' | 'isPcie'
>;

/** A guest that `qm create` makes: q35, with EFI variables and a TPM where they are needed, and no disk yet. */
export const chooseNewGuest = (context: PlanContext): NewGuest => {
  const {guest} = context.profile;
  const vmid = chooseVmid(context);
  const firmware =
    guest.firmware !== 'auto' ? guest.firmware : guest.os === 'windows-11' ? 'uefi-secure' : ('uefi' as const);
  const hasTpm = guest.tpm === 'auto' ? guest.os === 'windows-11' : guest.tpm;
  const storage = chooseStorage(context, firmware !== 'bios' || hasTpm);
  judgeName(context);
  tellDisk(context, vmid, storage);
  return {
    vmid,
    name: guest.name,
    firmware,
    hasTpm,
    cdrom: guest.cdrom,
    storage,
    bridge: chooseBridge(context),
    isPcie: true,
  };
};

/** As the web interface proposes it: the lowest from 100 on that no guest or container of the cluster has. */
const chooseVmid = (context: PlanContext): number => {
  const {guests, others} = proxmoxOf(context.facts);
  const taken = new Set([...guests, ...others].map((one) => one.vmid));
  const wanted = Number(context.profile.guest.name);
  let vmid = 100;
  while (taken.has(vmid)) vmid += 1;
  if (Number.isSafeInteger(wanted) && wanted >= 100) {
    if (taken.has(wanted))
      context.report('blocker', 'guest-exists', {
        subject: 'guest.name',
        message: `VMID ${wanted} is in use by ${describeOther(others.find((one) => one.vmid === wanted))}.`,
        remedy: `Set guest.name to a name, or to a free VMID such as ${vmid}.`,
      });
    vmid = wanted;
  }
  context.decide('guest.domain', `new guest ${vmid}`, 'no guest of this node has this name, and the VMID is free');
  return vmid;
};

const describeOther = (other: ProxmoxOther | undefined): string =>
  other === undefined ? 'a guest' : `a ${other.kind} of node ${other.node}`;

/** Proxmox checks it as a name in DNS (`name` of qm.conf(5)). */
const judgeName = (context: PlanContext): void => {
  const {name} = context.profile.guest;
  if (isDnsName(name)) return;
  context.report('blocker', 'guest-option-unsupported', {
    subject: 'guest.name',
    message: `Proxmox VE takes a name as in DNS, with letters, digits, hyphens and dots, and not ${name}.`,
    remedy: `Set guest.name to ${
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-+|-+$/g, '') || 'a name of letters and digits'
    }.`,
  });
};

export const isDnsName = (name: string): boolean =>
  name.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));

const chooseStorage = (context: PlanContext, isNeeded: boolean): string | null => {
  if (!isNeeded) return null;
  const {storages} = proxmoxOf(context.facts);
  const found = storages.find(({holdsDisks}) => holdsDisks) ?? null;
  if (found === null)
    context.report('blocker', 'guest-firmware-missing', {
      subject: 'guest.firmware',
      message:
        'The guest keeps EFI variables and a TPM’s state in small disks, and no storage of this node takes disks of guests (content images).',
      remedy:
        'Add one: pvesm set STORAGE --content images, or in the web interface Datacenter, Storage, Edit, Content.',
    });
  else
    context.decide(
      'guest.firmware',
      `EFI variables and TPM on ${found.name}`,
      'it is the first storage in /etc/pve/storage.cfg that holds disks on this node',
    );
  return found?.name ?? null;
};

const chooseBridge = (context: PlanContext): string | null => {
  const {bridges} = proxmoxOf(context.facts);
  const wanted = context.profile.guest.network;
  // The value that the profile has where nothing is written: libvirt's own network.
  if (wanted === 'default') return bridges[0] ?? null;
  if (bridges.length > 0 && !bridges.includes(wanted))
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.network',
      message: `This host has no bridge ${wanted}; it has ${bridges.join(', ')}.`,
      remedy: 'Set guest.network to one of them, or leave it out.',
    });
  return wanted;
};

const tellDisk = (context: PlanContext, vmid: number, storage: string | null): void =>
  context.report('note', 'guest-disk-needed', {
    subject: 'guest.disk',
    path: 'guest.name',
    message: `The new guest has no disk yet${context.profile.guest.cdrom === null ? ' and no installation medium' : ''}.`,
    remedy: `After apply: qm set ${vmid} --scsi0 ${quoteForShell(`${storage ?? 'STORAGE'}:64`)} makes one of 64 GiB${context.profile.guest.cdrom === null ? `, qm set ${vmid} --ide2 local:iso/FILE.iso,media=cdrom puts an installer in` : ''}.`,
  });
