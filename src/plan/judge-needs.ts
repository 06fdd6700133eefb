import type {HostNeed, PciAddress, PciFunction} from '../host/facts.ts';
import {isNeeded} from '../host/is-needed.ts';
import {isVfioDriver} from '../host/vfio-driver.ts';
import type {PlanContext} from './context.ts';
import {describeFunction, isDisplay} from './describe-function.ts';

/** Without these the host does not come up at all, so no word of the user can give them away. */
const vitalKinds: readonly HostNeed['kind'][] = ['root', 'boot', 'esp', 'swap'];
const displayKinds: readonly HostNeed['kind'][] = ['display', 'console'];

/** What the host would lose with one function, when all of `taken` go; `path` is where the profile names it. */
export const judgeNeeds = (context: PlanContext, device: PciFunction, path: string, taken: readonly PciAddress[]): void => {
  const needs = context.facts.needs.filter((need) => need.address === device.address && isNeeded(need, taken));
  for (const need of needs) judgeNeed(context, device, path, need);
};

const judgeNeed = (context: PlanContext, device: PciFunction, path: string, need: HostNeed): void => {
  const isVital = vitalKinds.includes(need.kind);
  const {acceptLossOf, acceptGroupMates} = context.profile.host;
  // What the host has a screen for comes back to it, and the plan says once what that means.
  if (isHandedOver(context, device) && displayKinds.includes(need.kind)) return;
  const isAccepted = [...acceptLossOf, ...acceptGroupMates].includes(device.address) && !isVital;
  const severity = isAccepted || need.kind === 'route' ? 'warning' : 'blocker';
  context.report(severity, displayKinds.includes(need.kind) ? 'device-drives-console' : 'device-needed-by-host', {
    subject: device.address,
    path,
    message: `The host ${need.kind === 'route' ? 'uses' : 'needs'} ${describeFunction(device)}: ${need.chain}.`,
    remedy: isAccepted ? 'You said that the host may lose it.' : remedyFor(need, device),
  });
};

const remedyFor = (need: HostNeed, device: PciFunction): string => {
  const words = `say so in words: host.acceptLossOf: [${device.address}]`;
  switch (need.kind) {
    case 'root':
    case 'boot':
    case 'esp':
    case 'swap':
      return 'Choose another device; the host could not boot without this one.';
    case 'network':
      return `Choose another card, or move the default route or the session to another one first. If you can reach this machine otherwise, ${words}.`;
    case 'route':
      return 'No ssh session comes through it now and the default route leads elsewhere; see that you reach this machine without it.';
    case 'keyboard':
      return `Plug the keyboard into another controller. If you can reach this machine otherwise, ${words}.`;
    case 'display':
    case 'console':
      if (!isDisplay(device)) return `Take its console= from the kernel command line first. If the host shall run without this console, ${words}.`;
      return `Make another card the primary display in the firmware set-up and move the cable to it; or let the guest have this one only while it runs (binding: handover). If the host shall run without this screen, ${words}.`;
  }
};

/** Whether the host gives its screen on this card up while the guest runs, and only then. */
export const isHandedOver = ({profile}: PlanContext, device: PciFunction): boolean => profile.binding === 'handover' && isDisplay(device);

/** A card without outputs (3D controller) shows nothing, and one that vfio-pci holds is not the host's. */
export const canShow = (device: PciFunction): boolean =>
  isDisplay(device) && !device.class.startsWith('0302') && device.driver !== 'pci-stub' && !isVfioDriver(device.driver);
