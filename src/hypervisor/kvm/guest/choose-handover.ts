import {libvirtOf} from '../../../facts/virtualisation.ts';
import {slotOf} from '../../../facts/pci-address.ts';
import {isDisplay, type PciFunction} from '../../../facts/pci.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {assignedFunctions, type ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import {describeFunction} from '../../../plan/device/describe-function.ts';
import {canShow} from '../../../plan/device/judge-needs.ts';
import type {HandoverPlan} from '../../../plan/plan.ts';
import {listWords} from '../../../words/list-words.ts';

/** The host gives up its screen while the guest runs; `null` where the profile does not say so. */
export const chooseHandover = (context: PlanContext, chosen: ChosenDevices): HandoverPlan | null => {
  if (context.profile.binding !== 'handover') return null;
  const devices = assignedFunctions(chosen);
  const display = devices.find(isDisplay);
  if (display === undefined)
    return refuse(
      context,
      'there is no graphics card among the devices',
      'Set binding: auto; other devices need no handover.',
    );
  judgeHooks(context);
  judgeAutostart(context);
  judgeScreen(context, display, devices);
  const slots = new Set(devices.filter(isDisplay).map((device) => slotOf(device.address)));
  // The picture first: while sound or USB of a card are free and it is not, the host has lost nothing yet.
  const functions = devices
    .filter((device) => slots.has(slotOf(device.address)))
    .sort((one, other) => Number(isDisplay(other)) - Number(isDisplay(one)));
  return {functions: functions.map((device) => device.address)};
};

const refuse = (context: PlanContext, why: string, remedy: string): null => {
  context.report('blocker', 'handover-impossible', {
    subject: 'binding',
    message: `The card can't be handed over: ${why}.`,
    remedy,
  });
  return null;
};

const judgeHooks = (context: PlanContext): void => {
  const obstacle = context.can.whyNoHooks;
  if (obstacle !== null)
    refuse(context, obstacle, 'Install libvirt 6.5 or newer, which runs the hook that stops and restarts the screen.');
};

/** It would take the screen at every boot, before anybody could say no. */
const judgeAutostart = (context: PlanContext): void => {
  const {name} = context.profile.guest;
  if (!libvirtOf(context.facts).domains.some((domain) => domain.name === name && domain.isAutostart)) return;
  refuse(
    context,
    `${name} starts with the host and would take its only screen at every boot`,
    `Run \`virsh autostart --disable ${quoteForShell(name)}\`, and plan again.`,
  );
};

const judgeScreen = (context: PlanContext, display: PciFunction, devices: readonly PciFunction[]): void => {
  const others = context.facts.pci.filter((other) => canShow(other) && !devices.includes(other));
  const isNvidia = devices.some((device) => device.driver === 'nvidia');
  if (others.length > 0) {
    context.report('note', 'handover-needless', {
      subject: 'binding',
      message: `The host has another display device, ${listWords(others.map(describeFunction))}: binding at boot would leave that one in peace, and needs no handover.`,
      remedy: 'Set binding: auto unless the host is to use this card while the guest is off.',
    });
  }
  context.report('warning', 'handover-screen', {
    subject: 'binding',
    message: `While the guest runs the host has no screen on ${display.address}: at its start the display manager stops, which ends every graphical session and what is not saved in it${isNvidia ? ', and the NVIDIA modules are unloaded' : ''}; the text consoles are released. When the guest ends, also by a crash or after a start that failed, the card comes back and the login screen with it. The guest needs a keyboard and a mouse of its own (USB devices passed to it).`,
    remedy:
      'Try it first from another machine over ssh, so that you can look if the screen stays dark. A driver that does not let go within 20 seconds refuses the start, and then only a reboot gives the card back.',
  });
};
