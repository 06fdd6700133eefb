import {presentOf} from '../../../devices/usb-device/judge-usb-device.ts';
import {isProfileUsbDevice} from '../../../devices/usb-device/usb-device-format.ts';
import {type HostInput, inputDirectory, isKeyboardPath} from '../../../facts/inputs.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import {parseXmlBeginning} from '../../../formats/xml/document.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {type ChosenDevices, lostFunctions} from '../../../plan/device/chosen-devices.ts';
import type {KvmGuestPlan} from '../../../plan/plan.ts';
import {evdevPaths} from '../domain/edit-input.ts';
import {toggleKeys} from '../toggle-keys.ts';
import {listWords} from '../../../words/list-words.ts';

/** Keyboards and mice of the host that QEMU reads; both sides have them in turn. */
export const chooseEvdev = (
  context: PlanContext,
  chosen: ChosenDevices,
): Pick<KvmGuestPlan, 'evdev' | 'evdevToggle'> => {
  const {evdev: wanted, evdevToggle: toggle} = context.profile.guest;
  const paths = [...new Set(wanted)];
  if (paths.length === 0) return {evdev: [], evdevToggle: null};
  judgeVersion(context);
  judgePresence(context, paths);
  judgeKeyboard(context, paths);
  judgeGiven(context, chosen, paths);
  judgeSharing(context, paths);
  tellToggle(context, paths);
  // libvirt knows `grabToggle` since 7.6.0 (libvirt news); without it QEMU takes both Ctrl keys.
  const isSaid = toggle !== 'ctrl-ctrl' || isAtLeast(libvirtOf(context.facts).version, '7.6.0');
  return {
    evdev: paths.map((path) => ({path, isKeyboard: isKeyboardPath(path)})),
    evdevToggle: isSaid ? toggle : null,
  };
};

/** Input of the type `evdev` came with libvirt 7.4.0, and the choice of its keys with 7.6.0 (libvirt news). */
const judgeVersion = ({facts, profile, report}: PlanContext): void => {
  const {version} = libvirtOf(facts);
  if (version === null) return;
  const hasEvdev = isAtLeast(version, '7.4.0');
  if (hasEvdev && (profile.guest.evdevToggle === 'ctrl-ctrl' || isAtLeast(version, '7.6.0'))) return;
  report('blocker', 'guest-evdev-unsupported', {
    subject: hasEvdev ? 'guest.evdevToggle' : 'guest.evdev',
    message: hasEvdev
      ? `libvirt can change the keys since 7.6.0, and this is ${version}.`
      : `libvirt hands keyboards over (evdev) since 7.4.0, and this is ${version}.`,
    remedy: hasEvdev
      ? 'Set guest.evdevToggle: ctrl-ctrl.'
      : 'Take guest.evdev out, and give the guest a USB keyboard and mouse as devices (`usb:`), or update libvirt.',
  });
};

/** QEMU opens each of them when the guest starts, and ends where one is not there (ui/input-linux.c). */
const judgePresence = ({facts, report}: PlanContext, paths: readonly string[]): void => {
  const {inputs} = facts;
  if (inputs === null) {
    report('note', 'guest-evdev-missing', {
      subject: 'guest.evdev',
      message: `Whether these keyboards and mice are plugged in is unknown: this host has no /dev/input here.`,
      remedy: `Run \`ls ${inputDirectory}\` on the host itself: the guest does not start without them.`,
    });
    return;
  }
  for (const [index, path] of paths.entries()) {
    if (inputs.some((input) => input.path === path)) continue;
    report('blocker', 'guest-evdev-missing', {
      subject: 'guest.evdev',
      path: `guest.evdev[${index}]`,
      message: `${path} is not there, and the guest does not start without it.`,
      remedy: candidates(inputs, path),
    });
  }
};

const candidates = (inputs: readonly HostInput[], path: string): string => {
  const same = inputs.filter(({isKeyboard}) => isKeyboard === isKeyboardPath(path));
  const what = isKeyboardPath(path) ? 'keyboard' : 'mouse';
  if (same.length === 0)
    return `Plug it in. This host has no ${what} with such a name now; one at the PS/2 port or on Bluetooth has none.`;
  return `Plug it in, or write one that is there: ${same.map((input) => input.path).join(', ')}.`;
};

/** Only keys of a keyboard among them hand the others over (ui/input-linux.c, input_linux_check_toggle). */
const judgeKeyboard = ({profile, report}: PlanContext, paths: readonly string[]): void => {
  if (paths.some(isKeyboardPath)) return;
  report('blocker', 'guest-evdev-missing', {
    subject: 'guest.evdev',
    message:
      'A mouse alone would never come back: the guest takes it when it starts, and only a keyboard gives it back.',
    remedy: `Add your keyboard to guest.evdev, for example a name of \`ls ${inputDirectory}/*-event-kbd\`, or take guest.evdev out of ${profile.name}.`,
  });
};

/** What goes to the guest as a device takes its name on the host along. */
const judgeGiven = ({facts, profile, report}: PlanContext, chosen: ChosenDevices, paths: readonly string[]): void => {
  const lost = lostFunctions(chosen).map(({address}) => address);
  const ports = profile.devices
    .filter(isProfileUsbDevice)
    .flatMap((device) => presentOf(facts.usb, device))
    .map(({port}) => port);
  for (const {path, controller, usbPort} of (facts.inputs ?? []).filter((input) => paths.includes(input.path))) {
    const isDevice = usbPort !== null && ports.includes(usbPort);
    if (!isDevice && (controller === null || !lost.includes(controller))) continue;
    report('blocker', 'guest-evdev-given-away', {
      subject: 'guest.evdev',
      path: `guest.evdev[${paths.indexOf(path)}]`,
      message: `${path} is ${isDevice ? 'a USB device' : `on the controller ${controller}`} that goes to the guest as a whole, so the name is gone when the guest starts.`,
      remedy: 'Take it out of guest.evdev, or the device out of devices.',
    });
  }
};

/** The host keeps it: it has it back at the press of keys, and whenever QEMU ends. */
const tellToggle = ({facts, profile, decide, report}: PlanContext, paths: readonly string[]): void => {
  const keys = toggleKeys[profile.guest.evdevToggle];
  decide(
    'guest.evdev',
    paths.map((path) => path.slice(inputDirectory.length + 1)).join(', '),
    `${keys} hand them over`,
  );
  const taken = (facts.inputs ?? []).filter(({path, isKeyboard}) => isKeyboard && paths.includes(path));
  const keyboards = facts.usb.filter(({isKeyboard}) => isKeyboard);
  const isOnly = keyboards.length > 0 && keyboards.every(({port}) => taken.some(({usbPort}) => usbPort === port));
  const both = paths.length === 1 ? 'it' : 'them';
  const what = paths.every(isKeyboardPath) ? 'keyboard' : 'keyboard and mouse';
  report('note', 'guest-evdev-toggle', {
    subject: 'guest.evdev',
    message: `The guest takes the host's ${what} when it starts${isOnly ? ', and the host has no other USB keyboard' : ''}. Press ${keys} to have ${both} back, and again to type in the guest.`,
    remedy:
      'Nothing to do. If the guest hangs, reach the host over ssh: stopping the guest gives the host its input back.',
  });
};

const judgeSharing = ({facts, profile, report}: PlanContext, paths: readonly string[]): void => {
  for (const domain of libvirtOf(facts).domains.filter(({name}) => name !== profile.guest.name)) {
    const both = evdevPaths(parseXmlBeginning(domain.xml ?? '').root).filter((path) => paths.includes(path));
    if (both.length === 0) continue;
    report('warning', 'guest-evdev-shared', {
      subject: 'guest.evdev',
      message: `The guest ${domain.name} takes ${listWords(both)} too. While both run, one press of the keys means both of them.`,
      remedy: `Run one of the two at a time, or choose other keys in one of them (guest.evdevToggle; ${profile.guest.evdevToggle} here).`,
    });
  }
};
