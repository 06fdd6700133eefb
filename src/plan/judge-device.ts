import type {PciAddress} from '../host/facts.ts';
import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction, idOf, isDisplay, slotOf} from './describe-function.ts';
import {judgeFramebuffer} from './judge-framebuffer.ts';
import {canShow, isHandedOver, judgeNeeds} from './judge-needs.ts';
import {judgeResetFamily} from './judge-reset-family.ts';
import {judgeSharing} from './judge-sharing.ts';
import {judgeUnbinding} from './judge-unbinding.ts';

/** Everything that speaks against giving this one function away; `taken` is what the host loses in all. */
export const judgeDevice = (context: PlanContext, chosen: ChosenDevice, all: readonly ChosenDevice[], taken: readonly PciAddress[]): void => {
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
  judgeIommu(context, chosen);
  judgeNeeds(context, device, path, taken);
  judgeRegions(context, chosen);
  judgeReset(context, chosen, all);
  judgeTwins(context, chosen, all);
  judgeSharing(context, chosen);
  judgeFramebuffer(context, chosen);
  judgeResetFamily(context, chosen);
  judgeUnbinding(context, chosen);
  if (isDisplay(device)) judgeDisplay(context, chosen, taken);
};

const judgeIommu = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  if (device.iommuGroup !== null) return;
  const {iommu} = context.facts;
  if (iommu.active) {
    context.report('blocker', 'device-no-iommu-group', {
      subject: device.address,
      path,
      message: `${describeFunction(device)} is in no IOMMU group although the IOMMU is on: no IOMMU unit stands before it.`,
      remedy: 'Use a card or a slot that `vfio-pilot groups` lists with a group.',
    });
    return;
  }
  const isFirmwareSilent = iommu.acpiTable === 'none';
  context.report('blocker', 'iommu-off', {
    subject: device.address,
    path,
    message: isFirmwareSilent
      ? 'The IOMMU is off in the firmware: there is no DMAR (Intel) or IVRS (AMD) table, so no group can be told.'
      : 'The IOMMU is not active: /sys/kernel/iommu_groups is empty, so it cannot be told which devices go together.',
    remedy: isFirmwareSilent
      ? "Turn on 'VT-d' (Intel) or 'IOMMU' / 'AMD-Vi' (AMD) in the firmware set-up, boot, and plan again."
      : "Boot once with intel_iommu=on (Intel kernels where it is off by default), or turn VT-d / AMD-Vi on in the firmware; `vfio-pilot check` says which. Then plan again.",
  });
};

const judgeRegions = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  const group = context.facts.iommu.groups.find((one) => one.id === device.iommuGroup);
  const direct = group?.reservedRegions.find((region) => region.type === 'direct');
  if (direct === undefined) return;
  context.report('blocker', 'device-reserved-region', {
    subject: device.address,
    path,
    message: `The firmware wants a 1:1 mapping for group ${device.iommuGroup} (RMRR or unity map ${direct.start}–${direct.end}, type direct): the kernel refuses to give such a device to a guest.`,
    remedy: 'Look in the firmware set-up for what uses it (legacy USB support, iLO or iDRAC shared memory, RAID option ROM) and turn that off, or use another device.',
  });
};

/** A function alone in its slot needs a reset of its own; a whole card is reset through its bus (vfio hot reset). */
const judgeReset = (context: PlanContext, {function: device, path}: ChosenDevice, all: readonly ChosenDevice[]): void => {
  if (device.resetMethods === null || device.resetMethods.length > 0) return;
  const mates = context.facts.pci.filter((other) => slotOf(other.address) === slotOf(device.address));
  if (mates.length > 1 && mates.every((mate) => all.some((one) => one.function.address === mate.address)) && device.upstream.length > 0) return;
  context.report('warning', 'device-no-reset', {
    subject: device.address,
    path,
    message: `The kernel knows no way to reset ${describeFunction(device)}: after the guest stops it may stay stuck until the host reboots.`,
    remedy: 'Expect one guest start per host boot, or use a card with reset_method flr or bus.',
  });
};

const judgeTwins = (context: PlanContext, {function: device, path}: ChosenDevice, all: readonly ChosenDevice[]): void => {
  const twins = context.facts.pci.filter(
    (other) => idOf(other) === idOf(device) && !all.some((one) => one.function.address === other.address),
  );
  if (twins.length === 0 || !isDisplay(device)) return;
  context.report('note', 'device-twin', {
    subject: device.address,
    path,
    message: `${twins.map((twin) => twin.address).join(' and ')} ${twins.length === 1 ? 'has' : 'have'} the same ids ${idOf(device)} and stay${twins.length === 1 ? 's' : ''} with the host.`,
    remedy: 'Nothing to do: this card is bound by its address, which vfio-pci.ids= could not tell apart.',
  });
};

const judgeDisplay = (context: PlanContext, {function: device, path}: ChosenDevice, taken: readonly PciAddress[]): void => {
  const others = context.facts.pci.filter((other) => canShow(other) && !taken.includes(other.address));
  if (others.length === 0 && !isHandedOver(context, device) && !context.profile.host.acceptLossOf.includes(device.address)) {
    context.report('blocker', 'only-gpu', {
      subject: device.address,
      path,
      message: `${describeFunction(device)} is the only display device that the host has: bound at boot, this machine would have no screen at all.`,
      remedy: `Add a second card (or turn the integrated one on in the firmware), or let the guest have this one only while it runs: binding: handover. If this machine is only ever used over the network, say so in words: host.acceptLossOf: [${device.address}].`,
    });
  }
  if (device.vendor === '8086' && device.address.endsWith(':00:02.0')) {
    context.report('warning', 'integrated-gpu', {
      subject: device.address,
      path,
      message: `${device.address} is Intel integrated graphics: it shares registers and firmware tables with the chipset (OpRegion, stolen memory), and a UEFI guest shows nothing without a special option ROM.`,
      remedy: 'Prefer a discrete card. QEMU documents what integrated graphics needs in docs/igd-assign.txt.',
    });
  }
};
