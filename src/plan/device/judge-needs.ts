import {isVfioDriver} from '../../facts/modules.ts';
import {type HostNeed, isNeeded, isVital} from '../../facts/needs.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import {hasOutputs, isDisplay, type PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../context.ts';
import {describeFunction} from './describe-function.ts';

const displayKinds: readonly HostNeed['kind'][] = ['display', 'console'];

/** What the host would lose with one function, when all of `taken` go; `path` is where the profile names it. */
export const judgeNeeds = (
  context: PlanContext,
  device: PciFunction,
  path: string,
  taken: readonly PciAddress[],
): void => {
  const needs = context.facts.needs.filter((need) => need.address === device.address && isNeeded(need, taken));
  for (const need of needs) judgeNeed(context, device, path, need);
};

const judgeNeed = (context: PlanContext, device: PciFunction, path: string, need: HostNeed): void => {
  const {acceptLossOf, acceptGroupMates} = context.profile.host;
  // What the host has a screen for comes back to it, and the plan says once what that means.
  if (isHandedOver(context, device) && displayKinds.includes(need.kind)) return;
  const isAccepted = [...acceptLossOf, ...acceptGroupMates].includes(device.address) && !isVital(need);
  // At boot its drivers never have it; libvirt takes it from under what is mounted.
  const isLost =
    need.kind === 'data' ? ['libvirt', 'handover'].includes(context.profile.binding) : need.kind !== 'route';
  const severity = isLost && !isAccepted ? 'blocker' : 'warning';
  context.report(severity, displayKinds.includes(need.kind) ? 'device-drives-console' : 'device-needed-by-host', {
    subject: device.address,
    path,
    message: `The host ${['route', 'data'].includes(need.kind) ? 'uses' : 'needs'} ${describeFunction(device)}: ${need.chain}.`,
    remedy: isAccepted ? 'You said that the host may lose it.' : remedyFor(need, device, canHandOver(context)),
  });
};

/** A hook of libvirt does it, for a card that vfio-pci keeps. */
export const canHandOver = ({can}: PlanContext): boolean => can.keeper === 'vfio-pci';

const remedyFor = (need: HostNeed, device: PciFunction, mayHandOver: boolean): string => {
  const words = `set host.acceptLossOf: [${device.address}]`;
  switch (need.kind) {
    case 'root':
    case 'boot':
    case 'esp':
    case 'swap':
      return 'Choose another device; the host could not boot without this one.';
    case 'data':
      return `Stop that first (umount, zpool export, vgchange -an, mdadm --stop), and take out what starts it at boot: its mount unit, fstab line or pool cache. If the host may lose it, ${words}.`;
    case 'network':
      return `Choose another card, or move the default route or the session to another one first. If you can reach this machine otherwise, ${words}.`;
    case 'route':
      return 'No ssh session comes through it now and the default route leads elsewhere; see that you reach this machine without it.';
    case 'keyboard':
      return `Plug the keyboard into another controller. If you can reach this machine otherwise, ${words}.`;
    case 'display':
    case 'console':
      if (!isDisplay(device))
        return `Take its console= from the kernel command line first. If the host shall run without this console, ${words}.`;
      return `Make another card the primary display in the firmware set-up and move the cable to it${mayHandOver ? '; or let the guest have this one only while it runs (binding: handover)' : ''}. If the host shall run without this screen, ${words}.`;
  }
};

/** Whether the host gives its screen on this card up while the guest runs, and only then. */
export const isHandedOver = ({profile}: PlanContext, device: PciFunction): boolean =>
  profile.binding === 'handover' && isDisplay(device);

/** A card without outputs (3D controller) shows nothing, and one that vfio-pci holds is not the host's. */
export const canShow = (device: PciFunction): boolean =>
  hasOutputs(device) && device.driver !== 'pci-stub' && !isVfioDriver(device.driver);
