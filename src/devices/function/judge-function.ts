import type {HostFacts} from '../../facts/host-facts.ts';
import {isVfioDriver} from '../../facts/modules.ts';
import {type PciAddress, slotOf} from '../../facts/pci-address.ts';
import {isDisplay, isIntelIntegrated, type PciFunction} from '../../facts/pci.ts';
import {isAmdIntegrated} from '../../facts/processor-parts.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction, idOf} from '../../plan/device/describe-function.ts';
import {canHandOver, canShow, isHandedOver, judgeNeeds} from '../../plan/device/judge-needs.ts';
import type {ChosenFunction} from './chosen-function.ts';
import {isProfileFunction} from './function-format.ts';
import {isRomFor, judgeCard, judgeSegment} from './judge-card.ts';
import {judgeReset, judgeResetFamily} from './judge-reset.ts';
import {judgeSharing} from './judge-sharing.ts';
import {judgeIommu} from '../judge-iommu.ts';
import {otherHandsOn} from '../other-hands.ts';
import {listWords} from '../../words/list-words.ts';

/**
 * The boot is drawn into a BAR of this card. vfio-pci sends the framebuffer away on its own when it binds a VGA device:
 * in 6.1 and later it does (vfio_pci_vga_init), in 5.10 it does not; what lies between is not known.
 */
const judgeFramebuffer = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  const holders = device.bootFramebuffers ?? [];
  if (!isDisplay(device) || holders.length === 0 || isHandedOver(context, device)) return;
  const {version} = context.facts.kernel;
  const isEvicted =
    context.can.keeper === 'vfio-pci' &&
    device.class.startsWith('0300') &&
    version !== null &&
    (version.major > 6 || (version.major === 6 && version.minor >= 1));
  context.report(isEvicted ? 'note' : 'warning', 'device-framebuffer', {
    subject: device.address,
    path,
    message: `The boot is drawn on ${describeFunction(device)}: /proc/iomem shows ${holders.join(', ')} in its memory${isEvicted ? ', which vfio-pci sends away when it takes the card' : ', and QEMU can not have a BAR that is held'}.`,
    remedy: `Make another card the primary display in the firmware set-up.${isEvicted ? '' : ` ${remedyFor(holders, context.facts.boot.commandLine)}`} \`vfio-pilot verify\` looks again after the reboot.`,
  });
};

/** `video=efifb:off` is an option of efifb alone; the DRM ones (simpledrm, efidrm) have none (kernel: fb_cmdline.c). */
const remedyFor = (holders: readonly string[], commandLine: string | null): string => {
  const isEfifb = holders.every((name) => name === 'efifb');
  const argument = isEfifb ? 'video=efifb:off' : 'initcall_blacklist=sysfb_init';
  // Seen with simpledrm in the kernel (6.18): the firmware's framebuffer gets a driver all the same.
  if (commandLine?.split(/\s+/).includes(argument) === true)
    return `${argument} is on the command line already, and this kernel draws there nevertheless.`;
  return isEfifb
    ? 'If that can’t be, video=efifb:off on the kernel command line keeps it away.'
    : 'If that can’t be, initcall_blacklist=sysfb_init keeps all of them away (then no console until a driver comes, and not on every kernel: look again afterwards). video=efifb:off does nothing here.';
};

const judgeRom = (context: PlanContext, {function: device, rom, path}: ChosenFunction): void => {
  if (rom === null) return;
  const trouble = describeTrouble(context, device, rom);
  if (trouble === null) return;
  context.report(isReachable(context, rom) ? 'warning' : context.can.roms.severity, 'guest-rom-invalid', {
    subject: device.address,
    path: path.replace(/\.address$/, '.rom'),
    ...trouble,
  });
};

const describeTrouble = (
  context: PlanContext,
  device: PciFunction,
  rom: string,
): {readonly message: string; readonly remedy: string} | null => {
  const {facts, profile} = context;
  if (!isReachable(context, rom)) {
    const {below, because} = context.can.roms;
    return {
      message: `QEMU may not be allowed to read ${rom}: ${because} ${below.join(', ')}.`,
      remedy: `Put the file below ${below[0]?.replace(/\/$/, '')}.`,
    };
  }
  const remedy = isAmdIntegrated(facts.pci, device)
    ? 'Take it out of the firmware update of this board again.'
    : 'Dump it again while the card shows nothing, or leave devices[].rom out: most cards need none.';
  const file = facts.roms[rom];
  if (file === undefined)
    return isMissing(facts)
      ? {
          message: `There is no option ROM at ${rom}, so the guest would not start or show nothing.`,
          remedy: 'Put the ROM there, or leave devices[].rom out.',
        }
      : null;
  if (file.problem !== null) return {message: `${rom} is no option ROM: ${file.problem}.`, remedy};
  if (!file.images.some((image) => isRomFor(device, image)))
    return {
      message: `${rom} is for ${[...new Set(file.images.map(({id}) => id))].join(', ')} and not for ${idOf(device)}.`,
      remedy,
    };
  const isUefi = profile.guest.firmware !== 'bios';
  if (isUefi && !file.images.some(({kind}) => kind === 'efi') && !hasDriverElsewhere(context, device))
    return {
      message: `${rom} has no UEFI image, and the guest starts with UEFI: it would show nothing before its driver is loaded.`,
      remedy: 'Use a ROM with an EFI image, leave devices[].rom out, or set guest.firmware: bios.',
    };
  return null;
};

const isReachable = ({can}: PlanContext, rom: string): boolean =>
  can.roms.below.some((directory) => rom.startsWith(directory));

/** The UEFI driver of AMD’s integrated graphics goes on another function of the slot. */
const hasDriverElsewhere = ({facts, profile}: PlanContext, device: PciFunction): boolean =>
  isAmdIntegrated(facts.pci, device) &&
  profile.devices
    .filter(isProfileFunction)
    .filter(({address}) => slotOf(address) === slotOf(device.address))
    .some(({rom}) => rom !== null && facts.roms[rom]?.images.some(({kind}) => kind === 'efi') === true);

/** A captured tree holds no ROMs. */
const isMissing = (facts: HostFacts): boolean => facts.isLive;

/** A display driver gives its card up only when nothing holds it; an unbind at the guest's start then waits for ever. */
const judgeUnbinding = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  if (
    context.profile.binding !== 'libvirt' ||
    !isDisplay(device) ||
    device.driver === null ||
    isVfioDriver(device.driver)
  )
    return;
  const daemon = device.driver === 'nvidia' ? ', nvidia-persistenced' : '';
  context.report('warning', 'device-held-by-driver', {
    subject: device.address,
    path,
    message: `${context.can.starter} takes ${describeFunction(device)} from ${device.driver} when the guest starts: a display manager${daemon} or any program that uses it makes that hang, and only a restart of the host helps.`,
    remedy: `Set binding: address, so that no driver of the host ever has it${context.can.whyNoHooks === null ? ', or binding: handover, which stops the display manager first and does not wait for ever' : ''}.`,
  });
};

/** Everything that speaks against giving this one function away; `taken` is what the host loses in all. */
export const judgeFunction = (
  context: PlanContext,
  chosen: ChosenFunction,
  all: readonly PciFunction[],
  taken: readonly PciAddress[],
): void => {
  const device = chosen.function;
  const subject = device.address;
  const {path} = chosen;
  if (device.isBridge) {
    context.report('blocker', 'device-is-bridge', {
      subject,
      path,
      message: `${describeFunction(device)} is a bridge; bridges stay with the host and never need to be passed.`,
      remedy: 'Name the card behind it.',
    });
    return;
  }
  if (!judgeSegment(context, chosen)) return;
  judgeIommu(context, device, path);
  judgeNeeds(context, device, path, taken);
  judgeRegions(context, chosen);
  judgeReset(context, chosen, all);
  judgeTwins(context, chosen, all);
  judgeSharing(context, chosen);
  judgeFramebuffer(context, chosen);
  judgeResetFamily(context, chosen);
  judgeCard(context, chosen, all);
  judgeUnbinding(context, chosen);
  judgeOtherHands(context, chosen);
  judgeRom(context, chosen);
  if (isDisplay(device)) judgeDisplay(context, chosen, taken);
};

/** Before apply, so that nobody looks for the reason after the reboot. */
const judgeOtherHands = (context: PlanContext, {function: {address}, path}: ChosenFunction): void => {
  for (const {fact, undo, agrees} of otherHandsOn(context.facts.files, address))
    context.report(agrees ? 'note' : 'warning', 'device-other-hand', {
      subject: address,
      path,
      message: fact,
      remedy: agrees ? `One of the two is enough. To leave it to vfio-pilot: ${undo}` : `Undo that: ${undo}`,
    });
};

const judgeRegions = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  const group = context.facts.iommu.groups.find((one) => one.id === device.iommuGroup);
  const direct = group?.reservedRegions.find((region) => region.type === 'direct');
  if (direct === undefined) return;
  context.report('blocker', 'device-reserved-region', {
    subject: device.address,
    path,
    message: `The firmware wants a 1:1 mapping for group ${device.iommuGroup} (RMRR or unity map ${direct.start}–${direct.end}, type direct): the kernel refuses to give such a device to a guest.`,
    remedy:
      'Look in the firmware set-up for what uses it (legacy USB support, iLO or iDRAC shared memory, RAID option ROM) and turn that off, or use another device.',
  });
};

const judgeTwins = (
  context: PlanContext,
  {function: device, path}: ChosenFunction,
  all: readonly PciFunction[],
): void => {
  if (!isDisplay(device)) return;
  const twins = context.facts.pci.filter(
    (other) => idOf(other) === idOf(device) && !all.some(({address}) => address === other.address),
  );
  if (twins.length === 0) return;
  context.report('note', 'device-twin', {
    subject: device.address,
    path,
    message: `${listWords(twins.map((twin) => twin.address))} ${twins.length === 1 ? 'has' : 'have'} the same ids ${idOf(device)} and stay${twins.length === 1 ? 's' : ''} with the host.`,
    remedy: 'Nothing to do: the card is bound by its address, so its twin stays with the host.',
  });
};

const judgeDisplay = (
  context: PlanContext,
  {function: device, path}: ChosenFunction,
  taken: readonly PciAddress[],
): void => {
  const others = context.facts.pci.filter((other) => canShow(other) && !taken.includes(other.address));
  if (
    others.length === 0 &&
    !isHandedOver(context, device) &&
    !context.profile.host.acceptLossOf.includes(device.address)
  ) {
    context.report('blocker', 'only-gpu', {
      subject: device.address,
      path,
      message: `${describeFunction(device)} is the only display device that the host has: bound at boot, this machine would have no screen at all.`,
      remedy: `Add a second card (or turn the integrated one on in the firmware)${canHandOver(context) ? ', or let the guest have this one only while it runs: binding: handover' : ''}. If this machine is only ever used over the network, set host.acceptLossOf: [${device.address}].`,
    });
  }
  if (isIntelIntegrated(device)) {
    context.report('warning', 'integrated-gpu', {
      subject: device.address,
      path,
      message: `${device.address} is Intel integrated graphics: it shares registers and firmware tables with the chipset (OpRegion, stolen memory), and a UEFI guest shows nothing without a special option ROM.`,
      remedy: 'Prefer a discrete card. QEMU documents what integrated graphics needs in docs/igd-assign.txt.',
    });
  }
};
