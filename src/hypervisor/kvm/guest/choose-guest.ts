import {isAmdCpu} from '../../../facts/cpu.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {newDiskBus} from '../../../plan/new-disk-bus.ts';
import type {ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import type {KvmGuestPlan, PinningPlan} from '../../../plan/plan.ts';
import {chooseAddressLimit} from './choose-address-limit.ts';
import {chooseHiding} from '../../choose-hiding.ts';
import {judgeUnusedKeys} from '../../judge-unused-keys.ts';
import {chooseEvdev} from './choose-evdev.ts';
import {chooseHyperv} from './choose-hyperv.ts';
import {chooseLookingGlass} from '../looking-glass/choose.ts';
import {chooseSound} from './choose-sound.ts';
import {judgeLabels} from '../selinux-labels.ts';
import {chooseShares} from './choose-shares.ts';
import {chooseNewDisk, diskFormat, diskPath, judgeOwnDisks} from './choose-disk.ts';
import {judgeMedia, osinfoIdOf} from './judge-media.ts';
import {keysWithoutEffect} from './unused-keys.ts';
import {installRemedy} from '../../../facts/packages.ts';

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
  const disk = diskPath(facts, guest);
  const newDisk = isNew ? chooseNewDisk(context, disk) : null;
  if (isNew) judgeNetwork(context);
  else judgeOwnDisks(context);
  if (isNew) judgeMedia(context, newDisk?.sizeMiB ?? null);
  const isAmd = isAmdCpu(facts.cpu);
  judgeLibvirt(context);
  judgeUnusedKeys(context, keysWithoutEffect(profile));
  judgeAutostart(context);
  const {screen, ...picture} = chooseLookingGlass(context);
  const plan: KvmGuestPlan = {
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
    diskFormat: diskFormat(guest, disk),
    diskBus: isNew ? newDiskBus(guest) : 'virtio',
    newDisk,
    cdrom: guest.cdrom,
    drivers: guest.drivers,
    phase: guest.phase,
    osinfoId: osinfoIdOf(facts, guest),
    network: guest.network,
    ...chooseEvdev(context, chosen),
    ...picture,
    ...chooseSound(context, screen),
    shares: chooseShares(context),
    emulator: libvirtOf(facts).emulator ?? '/usr/bin/qemu-system-x86_64',
    ...chooseHiding(context, chosen),
    hyperv: chooseHyperv(context),
    hasTopoext: chooseTopoext(context, isAmd, pinning),
    maxPhysAddr: isAtLeast(libvirtOf(facts).version, '8.7.0'),
    maxPhysAddrLimit: chooseAddressLimit(context),
    hasNumaCell: guest.numaCell === 'auto' ? facts.nodes.length > 1 : guest.numaCell,
    hasClock: isWindows,
  };
  judgeLabels(context, plan);
  return plan;
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
      remedy: `${installRemedy(facts.packageManager, ['ovmf'])}; or set guest.firmware: bios.`,
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
      remedy: `${installRemedy(context.facts.packageManager, ['swtpm'])}, before the guest is started.`,
    });
  }
  return isWanted;
};

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
    remedy: `${installRemedy(context.facts.packageManager, ['libvirt', 'qemu', 'ovmf'])}, then plan again.`,
  });
};
