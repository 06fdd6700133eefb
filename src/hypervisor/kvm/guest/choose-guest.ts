import {isAmdCpu} from '../../../facts/cpu.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import type {KvmGuestPlan, PinningPlan} from '../../../plan/plan.ts';
import {chooseAddressLimit} from './choose-address-limit.ts';
import {chooseHiding} from '../../choose-hiding.ts';
import {judgeUnusedKeys} from '../../judge-unused-keys.ts';
import {chooseHyperv} from './choose-hyperv.ts';
import {keysWithoutEffect} from './unused-keys.ts';

/** A guest that starts on its own on a host that its set-up broke makes each boot end the same way. */
const judgeAutostart = (context: PlanContext): void => {
  const {name} = context.profile.guest;
  if (libvirtOf(context.facts).domains.find((domain) => domain.name === name)?.isAutostart !== true) return;
  context.report('warning', 'guest-autostart', {
    subject: 'guest.name',
    message: `libvirt starts ${name} at every boot, so at the next one it takes the card before anybody has seen that all is well; if the host hangs on that, it hangs each time.`,
    remedy: `Until \`vfio-pilot verify\` has kept every promise once: virsh autostart --disable ${quoteForShell(name)}; afterwards virsh autostart ${quoteForShell(name)}.`,
  });
};

export const chooseGuest = (context: PlanContext, chosen: ChosenDevices, pinning: PinningPlan): KvmGuestPlan => {
  const {facts, profile} = context;
  const {guest} = profile;
  const isNew = judgeDomain(context);
  const firmware = chooseFirmware(context, isNew);
  const hasTpm = chooseTpm(context, isNew);
  const isWindows = guest.os.startsWith('windows');
  const disk = guest.disk === 'auto' ? `/var/lib/libvirt/images/${guest.name}.qcow2` : guest.disk;
  if (isNew) {
    tellDisk(context, disk);
    judgeNetwork(context);
  } else judgeOwnDisks(context);
  const isAmd = isAmdCpu(facts.cpu);
  judgeLibvirt(context);
  judgeUnusedKeys(context, keysWithoutEffect(profile));
  judgeAutostart(context);
  return {
    kind: 'kvm',
    name: guest.name,
    path:
      libvirtOf(facts).domains.find((domain) => domain.name === guest.name)?.path ??
      `${libvirtOf(facts).domainDirectory}/${guest.name}.xml`,
    isNew,
    os: guest.os,
    firmware,
    hasTpm,
    disk,
    cdrom: guest.cdrom,
    network: guest.network,
    emulator: libvirtOf(facts).emulator ?? '/usr/bin/qemu-system-x86_64',
    ...chooseHiding(context, chosen),
    hyperv: chooseHyperv(context),
    hasTopoext: chooseTopoext(context, isAmd, pinning),
    maxPhysAddr: isAtLeast(libvirtOf(facts).version, '8.7.0'),
    maxPhysAddrLimit: chooseAddressLimit(context),
    hasNumaCell: guest.numaCell === 'auto' ? facts.nodes.length > 1 : guest.numaCell,
    hasClock: isWindows,
  };
};

const judgeDomain = (context: PlanContext): boolean => {
  const {guest} = context.profile;
  const existing = libvirtOf(context.facts).domains.find((domain) => domain.name === guest.name);
  if (existing === undefined && guest.domain === 'existing') {
    const names = libvirtOf(context.facts).domains.map((domain) => domain.name);
    context.report('blocker', 'guest-missing', {
      subject: 'guest.name',
      message: `No libvirt domain is called ${guest.name}${names.length === 0 ? '; this host has none' : `; this host has ${names.join(', ')}`}.`,
      remedy: 'Correct guest.name, or set guest.domain: new.',
    });
  }
  if (existing !== undefined && guest.domain === 'new') {
    context.report('blocker', 'guest-exists', {
      subject: 'guest.name',
      message: `A libvirt domain called ${guest.name} exists already.`,
      remedy: 'Choose another guest.name, or set guest.domain: existing to edit it.',
    });
  }
  const isNew = existing === undefined;
  context.decide(
    'guest.domain',
    isNew ? `new domain ${guest.name}` : `existing domain ${guest.name}, edited in place`,
    isNew ? 'libvirt knows no domain of this name' : `libvirt knows it (${existing.path})`,
  );
  return isNew;
};

const chooseFirmware = (context: PlanContext, isNew: boolean): KvmGuestPlan['firmware'] => {
  const {facts, profile} = context;
  const wanted =
    profile.guest.firmware === 'auto'
      ? profile.guest.os === 'windows-11'
        ? 'uefi-secure'
        : 'uefi'
      : profile.guest.firmware;
  if (!isNew) return wanted;
  const isThere =
    wanted === 'bios' ||
    libvirtOf(facts).firmware.some((image) => wanted === 'uefi' || (image.hasSecureBoot && image.hasEnrolledKeys));
  if (!isThere) {
    context.report('warning', 'guest-firmware-missing', {
      subject: 'guest.firmware',
      message: `No ${wanted === 'uefi-secure' ? 'OVMF image with Secure Boot and enrolled keys' : 'OVMF (UEFI) image'} is installed, and the new guest needs one to start.`,
      remedy: 'Install the package ovmf, or set guest.firmware: bios.',
    });
  }
  if (profile.guest.firmware === 'auto')
    context.decide(
      'guest.firmware',
      wanted,
      wanted === 'uefi-secure'
        ? 'Windows 11 asks for Secure Boot'
        : 'UEFI initialises current graphics cards without legacy VGA',
    );
  return wanted;
};

const chooseTpm = (context: PlanContext, isNew: boolean): boolean => {
  const {facts, profile} = context;
  const isWanted = profile.guest.tpm === 'auto' ? profile.guest.os === 'windows-11' : profile.guest.tpm;
  if (!isWanted || !isNew) return isWanted;
  context.decide(
    'guest.tpm',
    'emulated TPM 2.0',
    profile.guest.tpm === 'auto' ? 'Windows 11 asks for a TPM 2.0' : 'you chose it',
  );
  if (!libvirtOf(facts).hasSwtpm) {
    context.report('warning', 'guest-tpm-missing', {
      subject: 'guest.tpm',
      message: 'The guest gets an emulated TPM, but swtpm is not installed.',
      remedy: 'Install the packages swtpm and swtpm-tools before the guest is started.',
    });
  }
  return isWanted;
};

/** Making a disk image or fetching an installer is no configuration: the user does it; we say how. */
const tellDisk = (context: PlanContext, disk: string): void => {
  if (/^\/+(?:\.\/+)*(?:dev|proc|sys)\//.test(disk)) return warnOfDevice(context, disk);
  context.report('note', 'guest-disk-needed', {
    subject: 'guest.disk',
    message: `The new guest starts from ${disk}${context.profile.guest.cdrom === null ? ' and has no installation medium' : ''}.`,
    remedy: `Before its first start, unless the image is there already: qemu-img create -f qcow2 ${quoteForShell(disk)} 100G${context.profile.guest.cdrom === null ? '; an installer goes into guest.cdrom' : ''}.`,
  });
};

/** Somebody else's profile may name a disk that is another one here. */
const warnOfDevice = (context: PlanContext, disk: string): void => {
  const path = `/${disk
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
  const used = context.facts.hostDisks.find(({paths}) => paths.includes(path));
  if (used !== undefined) return refuseDisk(context, disk, used.use);
  context.report('warning', 'guest-disk-is-device', {
    subject: 'guest.disk',
    message: `The guest gets ${disk} itself, not an image: what the host or anybody else keeps on it can be lost.`,
    remedy:
      'Look at it with `lsblk -f` first; the host must not use it, nor any part of it. Name it below /dev/disk/by-id, where it stays the same.',
  });
};

/** A guest that exists keeps its disks, and a name like /dev/sdb may be another disk by now. */
const judgeOwnDisks = (context: PlanContext): void => {
  const {existing, facts} = context;
  for (const disk of existing?.use.disks ?? []) {
    const used = facts.hostDisks.find(({paths}) => paths.includes(disk));
    if (used === undefined) continue;
    context.report('blocker', 'guest-disk-in-use', {
      subject: 'guest.name',
      message: `The guest ${existing?.name} writes to ${disk}, which this host uses itself: ${used.use}.`,
      remedy: `Give it another disk with \`virsh edit ${existing?.name}\`, and plan again; names below /dev/disk/by-id stay the same.`,
    });
  }
};

/** Two systems that write to one file system destroy it within minutes. */
const refuseDisk = (context: PlanContext, disk: string, use: string): void =>
  context.report('blocker', 'guest-disk-in-use', {
    subject: 'guest.disk',
    message: `The guest would write to ${disk}, which this host uses itself: ${use}.`,
    remedy: 'Set guest.disk to an image file, or to a disk that nothing here uses (`lsblk -f` shows which).',
  });

/** Debian defines the network `default` and does not start it: a guest that uses it then refuses to start. */
const judgeNetwork = (context: PlanContext): void => {
  const {networks, autostartNetworks} = libvirtOf(context.facts);
  const {network} = context.profile.guest;
  if (!networks.includes(network) || autostartNetworks.includes(network)) return;
  context.report('note', 'guest-network-inactive', {
    subject: 'guest.network',
    message: `libvirt does not start the network ${network} on its own, and the guest can't start without it.`,
    remedy: `Once: virsh net-autostart ${quoteForShell(network)}, and virsh net-start ${quoteForShell(network)}.`,
  });
};

/** QEMU never enables topoext on its own, not even with the host CPU model (target/i386/cpu.c, no_autoenable_flags). */
const chooseTopoext = (context: PlanContext, isAmd: boolean, pinning: PinningPlan): boolean => {
  if (!isAmd || pinning.topology.threads < 2) return false;
  context.decide('guest.cpu', 'topoext required', 'on AMD the guest sees sibling threads only with this flag');
  return true;
};

const judgeLibvirt = (context: PlanContext): void => {
  const {isLive} = context.facts;
  const libvirt = libvirtOf(context.facts);
  if (
    libvirt.version !== null ||
    libvirt.domains.length > 0 ||
    context.facts.files['/etc/libvirt/qemu.conf'] !== undefined
  )
    return;
  context.report(isLive ? 'blocker' : 'warning', 'libvirt-missing', {
    subject: 'guest',
    message: 'No libvirt was found on this host, so the guest could not be defined.',
    remedy: 'Install libvirt-daemon-system, qemu-system-x86 and ovmf, then plan again.',
  });
};
