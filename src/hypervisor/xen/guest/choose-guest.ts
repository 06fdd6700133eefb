import {isGraphicsCard} from '../../../facts/pci.ts';
import type {XenGuest} from '../../../facts/virtualisation.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {assignedFunctions, type ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import type {PinningPlan, XenGuestPlan} from '../../../plan/plan.ts';
import {judgeUnusedKeys} from '../../judge-unused-keys.ts';
import {sharesRegion} from '../judge-together.ts';
import {xenOf} from '../xen-facts.ts';
import {choosePool} from '../pool/choose-pool.ts';
import {judgePool} from '../pool/guest-pool.ts';
import {keysWithoutEffect} from './unused-keys.ts';
import {listWords} from '../../../words/list-words.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {installRemedy} from '../../../facts/packages.ts';

export const chooseXenGuest = (context: PlanContext, chosen: ChosenDevices, pinning: PinningPlan): XenGuestPlan => {
  const {guests, libvirt} = xenOf(context.facts);
  const {name, domain, os} = context.profile.guest;
  const found = guests.find((guest) => guest.name === name) ?? null;
  const kept = libvirt.domains.find((guest) => guest.name === name) ?? null;
  if (kept !== null && found === null)
    context.report('blocker', 'guest-exists', {
      subject: 'guest.name',
      message: `libvirt keeps the guest ${name} in ${kept.path}. vfio-pilot writes guests of xl only: libvirt’s XML has no place for what a card may need under Xen (rdm_policy, power_mgmt).`,
      remedy: `Choose another guest.name. A card that is hidden from dom0 goes into the guest of libvirt by hand, with managed='no': \`virsh -c xen:///system edit ${quoteForShell(name)}\`.`,
    });
  else if (found === null && domain === 'existing')
    context.report('blocker', 'guest-missing', {
      subject: 'guest.name',
      message: `No file of /etc/xen is of a guest ${name}${guests.length === 0 ? '; there is none' : `; there are ${guests.map((guest) => guest.name).join(', ')}`}.`,
      remedy: 'Correct guest.name, or set guest.domain: new.',
    });
  if (found !== null && domain === 'new')
    context.report('blocker', 'guest-exists', {
      subject: 'guest.name',
      message: `${found.path} is the guest ${name} already.`,
      remedy: 'Choose another guest.name, or set guest.domain: existing to edit it.',
    });
  judgeKinds(context, chosen);
  judgeUnusedKeys(context, keysWithoutEffect(context.profile));
  judgePins(context, pinning);
  const pool = choosePool(context, pinning);
  if (pool === null) judgePool(context, pinning, found?.path ?? `/etc/xen/${name}.cfg`);
  if (found !== null) judgeExisting(context, found);
  return {
    kind: 'xen',
    name,
    path: found?.path ?? `/etc/xen/${name}.cfg`,
    isNew: found === null,
    os,
    vcpus: context.profile.cpu.vcpus,
    relaxed: chooseRelaxed(context, chosen),
    mmioHoleMiB: chooseHole(context, chosen),
    pool,
    ...(found === null ? newMachine(context) : {firmware: 'bios', disk: '', cdrom: null, bridge: null}),
  };
};

/** What only libvirt and QEMU under KVM can. */
const judgeKinds = (context: PlanContext, {assigned}: ChosenDevices): void => {
  for (const {kind, name, path} of assigned.filter((device) => device.kind !== 'function'))
    context.report('blocker', 'guest-option-unsupported', {
      subject: name,
      path,
      message: `Under Xen this version gives a guest whole PCI functions only, and ${name} is of the kind ${kind}.`,
      remedy:
        kind === 'usb-device'
          ? 'Give the guest the whole USB controller that it is plugged in at: add its PCI address to `devices`.'
          : 'Take it out of the profile, and write it into the guest’s file by hand (xl-pci-configuration(5)).',
    });
};

/** Of a list that is shorter than the vCPUs xl leaves the rest free. */
const judgePins = (context: PlanContext, {vcpus}: PinningPlan): void => {
  if (vcpus.length > 0 && vcpus.length !== context.profile.cpu.vcpus)
    throw new Error(`${vcpus.length} pins for ${context.profile.cpu.vcpus} vCPUs`);
};

const chooseRelaxed = (context: PlanContext, chosen: ChosenDevices): XenGuestPlan['relaxed'] =>
  assignedFunctions(chosen).flatMap(({address}) => {
    const others = sharesRegion(context.facts, address);
    if (others.length === 0) return [];
    context.report('warning', 'xen-region-shared', {
      subject: address,
      message: `The firmware wants a reserved memory region (RMRR) for ${address} and for ${listWords(others)}: Xen refuses such a device, unless its line says rdm_policy=relaxed, which the plan writes. Then the guest can reach memory that the firmware uses with the other device.`,
      remedy:
        'Look in the firmware set-up for what uses it (legacy USB support, iLO or iDRAC shared memory), and give the card only to a guest that you trust.',
    });
    return [address];
  });

/** The largest guest whose memory ends below the addresses that devices have by default. */
const mostBelowMiB = 3584;

/** A card with a BAR below 4 GiB in a guest whose memory is there too: such guests crashed (qubes-issues 4321, 5603). */
const chooseHole = ({profile, decide}: PlanContext, chosen: ChosenDevices): number | null => {
  const hasLowBar = assignedFunctions(chosen).some(
    (device) => isGraphicsCard(device) && device.bars.some(({isMemory, is64Bit}) => isMemory && !is64Bit),
  );
  if (!hasLowBar || profile.memory.sizeMiB <= mostBelowMiB) return null;
  decide(
    'guest.mmioHole',
    '3072 MiB below 4 GiB for devices',
    `the card has memory that must be below 4 GiB, where a guest with more than ${mostBelowMiB} MiB has its own by default`,
  );
  return 3072;
};

const judgeExisting = (context: PlanContext, {name, path, problem, type, isActive, startsAtBoot}: XenGuest): void => {
  if (problem !== null)
    context.report('blocker', 'guest-xml-unusable', {
      subject: 'guest.name',
      message: `xl would not read ${path}: ${problem}.`,
      remedy: 'Correct the file; `xl create -n` in dom0 names the line.',
    });
  else if (type !== 'hvm')
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.name',
      message: `The guest ${name} is of the type ${type ?? 'pv'}, and a graphics card needs an HVM guest.`,
      remedy: `Set type = "hvm" in ${path}, with a system that starts so; or set guest.domain: new with another name.`,
    });
  if (isActive === true)
    context.report('warning', 'guest-running', {
      subject: 'guest.name',
      message: `The guest ${name} is running; what is written counts from its next start.`,
      remedy: `Shut it down before the reboot: xl shutdown ${name}.`,
    });
  if (startsAtBoot)
    context.report('warning', 'guest-autostart', {
      subject: 'guest.name',
      message: `A link in /etc/xen/auto starts the guest ${name} with the host, so at the next boot it takes the card before anybody has seen that all is well.`,
      remedy: 'Move the link away until `vfio-pilot verify` has kept every promise once.',
    });
  context.decide(
    'guest.domain',
    `guest ${name}, edited in place`,
    `it is in ${path}, and only the plan’s settings change there`,
  );
};

type Machine = Pick<XenGuestPlan, 'firmware' | 'disk' | 'cdrom' | 'bridge'>;

const newMachine = (context: PlanContext): Machine => {
  const {guest} = context.profile;
  context.decide(
    'guest.domain',
    `new guest /etc/xen/${guest.name}.cfg`,
    'no file of /etc/xen is of a guest with this name',
  );
  if (guest.os === 'windows-11')
    context.report('warning', 'guest-tpm-missing', {
      subject: 'guest.tpm',
      path: 'guest.os',
      message: 'xl gives a guest neither a TPM nor Secure Boot, and the installer of Windows 11 asks for both.',
      remedy: 'Use an installed disk, or an installer that was made without these checks.',
    });
  return {
    firmware: chooseFirmware(context),
    disk: guest.disk === 'auto' ? `/var/lib/xen/images/${guest.name}.img` : guest.disk,
    cdrom: guest.cdrom,
    bridge: chooseBridge(context),
  };
};

const chooseFirmware = (context: PlanContext): XenGuestPlan['firmware'] => {
  const {firmware} = context.profile.guest;
  if (firmware === 'bios') return 'bios';
  if (firmware === 'uefi-secure')
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.firmware',
      message: 'xl starts a guest with UEFI, but not with Secure Boot.',
      remedy: 'Set guest.firmware: uefi or guest.firmware: bios.',
    });
  const {hasOvmf} = xenOf(context.facts);
  if (hasOvmf) {
    context.decide(
      'guest.firmware',
      'uefi',
      'OVMF is installed, and graphics cards start with it by their UEFI driver',
    );
    return 'uefi';
  }
  if (firmware === 'auto') {
    context.decide('guest.firmware', 'bios', 'OVMF was not found in dom0 (Debian: package ovmf)');
    return 'bios';
  }
  context.report('blocker', 'guest-firmware-missing', {
    subject: 'guest.firmware',
    message: 'OVMF was not found in dom0, and a guest with UEFI does not start without it.',
    remedy: `${installRemedy(context.facts.packageManager, ['ovmf'])}; or set guest.firmware: bios.`,
  });
  return 'uefi';
};

/** `default` is libvirt’s own network: what the profile has where nothing is written. */
const chooseBridge = (context: PlanContext): string | null => {
  const {bridges} = xenOf(context.facts);
  const wanted = context.profile.guest.network;
  if (wanted !== 'default' && !bridges.includes(wanted))
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.network',
      message: `dom0 has no bridge ${wanted}${bridges.length === 0 ? '' : `; it has ${bridges.join(', ')}`}.`,
      remedy: 'Make it, set guest.network to one that is there, or leave it out.',
    });
  if (wanted !== 'default') return wanted;
  const bridge = bridges.find((name) => name.startsWith('xenbr')) ?? bridges[0] ?? null;
  if (bridge === null)
    context.report('note', 'guest-network-inactive', {
      subject: 'guest.network',
      message: 'dom0 has no bridge, so the new guest is without a network.',
      remedy: 'Make one (wiki.xenproject.org/wiki/Network_Configuration_Examples), set guest.network, and plan again.',
    });
  return bridge;
};
