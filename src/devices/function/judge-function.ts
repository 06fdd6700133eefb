import type {HostFacts} from '../../facts/host-facts.ts';
import {refusesUnsigned, trustOf} from '../../facts/module-trust.ts';
import {isVfioDriver} from '../../facts/modules.ts';
import {type PciAddress, slotOf} from '../../facts/pci-address.ts';
import {isDisplay, isIntelIntegrated, type PciFunction} from '../../facts/pci.ts';
import {isAmdIntegrated} from '../../facts/processor-parts.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction, idOf} from '../../plan/device/describe-function.ts';
import {canHandOver, canShow, isHandedOver, judgeNeeds} from '../../plan/device/judge-needs.ts';
import {isProfileFunction} from './function-format.ts';
import {isRomFor, judgeCard, judgeSegment} from './judge-card.ts';
import {judgeIommu} from '../judge-iommu.ts';
import {otherHandsOn} from '../other-hands.ts';
import {listWords} from '../../words/list-words.ts';

/** A function of the profile, or one that goes along with it. */
export type ChosenFunction = {
  readonly function: PciFunction;
  readonly rom: string | null;
  /** Profile path, for positions in messages. */
  readonly path: string;
};

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

/** SR-IOV and mediated devices: what makes parts of itself can't be given away whole, and a part is not there early. */
const judgeSharing = (context: PlanContext, chosen: ChosenFunction): void => {
  judgeParts(context, chosen);
  judgePart(context, chosen);
};

const judgeParts = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  judgePlannedParts(context, device, path);
  judgeSlices(context, device, path);
  const parts = context.facts.pci
    .filter((other) => other.physicalFunction === device.address)
    .map(({address}) => address);
  const hasSlices = context.facts.mediated.devices.some(({parent}) => parent === device.address);
  if (parts.length === 0 && (hasSlices || !device.hasMdevTypes)) return;
  context.report(parts.length > 0 ? 'blocker' : 'warning', 'device-shared-in-parts', {
    subject: device.address,
    path,
    message:
      parts.length > 0
        ? `${describeFunction(device)} is split into virtual functions (${parts.slice(0, 4).join(', ')}${parts.length > 4 ? ' …' : ''}): with ${context.can.keeper} at boot its driver can't make them, and their users lose them.`
        : `The driver of ${describeFunction(device)} offers mediated devices; with ${context.can.keeper} at boot there are none.`,
    remedy:
      parts.length > 0
        ? 'Give one of its virtual functions to the guest, or write 0 to its sriov_numvfs and take out what sets it at boot.'
        : 'Nothing to do if no guest uses them.',
  });
};

/** Virtual functions that another guest has from the next boot on, by the record of a run or by its definition. */
const judgePlannedParts = (
  {facts, profile, others, report}: PlanContext,
  {address, sriov}: PciFunction,
  path: string,
): void => {
  const recorded = facts.guests.recorded
    .filter(({guest}) => guest !== profile.guest.name)
    .filter(({virtualFunctions, pooledFunctions}) =>
      [...virtualFunctions, ...pooledFunctions].some(({of}) => of === address),
    );
  const card = sriov?.interface ?? null;
  const pooled = others.filter(({use}) => card !== null && use.pools.includes(card));
  for (const guest of new Set([...recorded.map((claim) => claim.guest), ...pooled.map(({name}) => name)]))
    report('blocker', 'vf-parent-taken', {
      subject: address,
      path,
      message: `The guest ${guest} gets virtual functions of ${address}, and there are none while another guest has the card.`,
      remedy: `Give this guest a virtual function too, or roll back the run of ${guest} first (\`vfio-pilot history\`).`,
    });
};

/** Mediated devices that there are, and those that other guests have from the next start on. */
const judgeSlices = (context: PlanContext, {address}: PciFunction, path: string): void => {
  const {facts, profile, others} = context;
  const report = (message: string, remedy: string): void =>
    context.report('blocker', 'mdev-parent-is-bound', {subject: address, path, message, remedy});
  const live = facts.mediated.devices.filter(({parent}) => parent === address);
  const claim = facts.guests.recorded.find(
    ({guest, mediatedDevices}) =>
      guest !== profile.guest.name && mediatedDevices.some(({parent}) => parent === address),
  );
  const holder = others.find(({use}) =>
    use.mediated.some(({uuid, parent}) => parent === address || live.some((one) => one.uuid === uuid)),
  );
  const guest = claim?.guest ?? holder?.name;
  if (guest !== undefined)
    report(
      `The guest ${guest} has a slice of ${address} (a mediated device), and there are none while another guest has the card.`,
      `Give this guest a slice too (\`vfio-pilot check\` lists the types), or take the slice away from ${guest} first.`,
    );
  else if (live.length > 0)
    report(
      `${address} is cut into mediated devices (${live.map(({uuid}) => uuid).join(', ')}), which go with its driver.`,
      'Take them away first: `mdevctl stop --uuid UUID`, and what makes them at boot; then plan again.',
    );
};

/** The driver of the physical function makes it, long after the initramfs; where that is not set up, it is gone after a reboot. */
const judgePart = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  if (device.physicalFunction === null) return;
  const isLate = context.profile.binding === 'libvirt';
  context.report(isLate ? 'warning' : 'blocker', 'device-is-virtual', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is a virtual function of ${device.physicalFunction}: it is there only after the driver of that one has made it${isLate ? '' : ', so nothing can bind it in the initramfs'}.`,
    remedy: `Choose it with \`function: {of: {address: ${device.physicalFunction}}, index: N}\`, and it is made at each boot before the guest starts; \`vfio-pilot profile new --device ${device.address}\` writes that.`,
  });
};

/** Device ids that the module vendor-reset has a reset for (gnif/vendor-reset: src/device-db.h), and so lack a good one. */
const amdFamilies: readonly (readonly [string, RegExp])[] = [
  ['Polaris', /^(?:67(?:c[0124789acf]|d[0f]|e[013789bf]|ff)|6fdf|698[01567]|699[57f])$/],
  ['Vega', /^(?:686[0-47-9a-f]|687f|66a[0-47f]|66af)$/],
  ['Navi', /^(?:731[0289abef]|734[017f]|736[02])$/],
];

/** NVIDIA: gpu-admin-tools, gpu/devid_chips.py. */
const blackwell: readonly (readonly [number, number])[] = [
  [0x2900, 0x29ff],
  [0x2b80, 0x2c7f],
  [0x2d00, 0x2dff],
  [0x2f00, 0x2f7f],
];

/** Cards that are known to stay stuck after the guest has stopped, although the kernel lists a reset for them. */
const judgeResetFamily = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  const family = familyOf(device);
  if (family === null) return;
  context.report('warning', 'device-reset-fragile', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is ${family}: such cards are known to stay stuck when the guest stops or restarts, until the host restarts${family === 'NVIDIA Blackwell' ? ' or even loses power' : ''}.`,
    remedy:
      family === 'NVIDIA Blackwell'
        ? 'Shut the guest down from inside and never by force; try a stop and a start before you rely on it.'
        : remedyForAmd(context, device.address),
  });
};

const familyOf = (device: PciFunction): string | null => {
  const id = Number.parseInt(device.device, 16);
  if (device.vendor === '10de')
    return blackwell.some(([first, last]) => id >= first && id <= last) ? 'NVIDIA Blackwell' : null;
  // vendor-reset, once loaded and chosen, is what the kernel calls device_specific.
  if (device.vendor !== '1002' || device.resetMethods?.[0] === 'device_specific') return null;
  const family = amdFamilies.find(([, ids]) => ids.test(device.device))?.[0];
  return family === undefined ? null : `AMD ${family}`;
};

const remedyForAmd = ({facts}: PlanContext, address: string): string => {
  const installed = facts.signing.modules.filter(({name}) => name === 'vendor_reset');
  const isAccepted = installed.length > 0 && installed.every((module) => trustOf(facts, module) === 'trusted');
  return `The module vendor-reset (gnif/vendor-reset on GitHub, not part of the kernel) has a reset for it. Once it is loaded, at each boot and as root: \`echo device_specific > /sys/bus/pci/devices/${address}/reset_method\`.${refusesUnsigned(facts) && !isAccepted ? ' Here Secure Boot or lockdown refuses it until you sign it with a key of your own (mokutil).' : ''}`;
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

/** A function alone in its slot needs a reset of its own; a whole card is reset through its bus (vfio hot reset). */
const judgeReset = (
  context: PlanContext,
  {function: device, path}: ChosenFunction,
  all: readonly PciFunction[],
): void => {
  if (device.resetMethods === null || device.resetMethods.length > 0) return;
  const mates = context.facts.pci.filter((other) => slotOf(other.address) === slotOf(device.address));
  if (
    mates.length > 1 &&
    mates.every((mate) => all.some(({address}) => address === mate.address)) &&
    device.upstream.length > 0
  )
    return;
  context.report('warning', 'device-no-reset', {
    subject: device.address,
    path,
    message: `The kernel knows no way to reset ${describeFunction(device)}: after the guest stops it may stay stuck until the host reboots.`,
    remedy: 'Expect one guest start per host boot, or use a card with reset_method flr or bus.',
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
