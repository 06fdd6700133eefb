import {isNeeded} from '../../facts/needs.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {UsbDevice} from '../../facts/usb.ts';
import type {PlanContext} from '../../plan/context.ts';
import {isProfileUsbDevice, nameOfUsb, type ProfileUsbDevice} from './usb-device-format.ts';

/** A device of the profile, with those on this host that it means now. */
export type ChosenUsbDevice = {
  readonly wanted: ProfileUsbDevice;
  /** `usb/046d:c21f` */
  readonly name: string;
  readonly present: readonly UsbDevice[];
  /** Profile path of the map `usb`. */
  readonly path: string;
};

export const presentOf = (usb: readonly UsbDevice[], {usb: {id, port}}: ProfileUsbDevice): readonly UsbDevice[] =>
  usb.filter((one) => one.id === id && (port === null || one.port === port));

/** Everything that speaks against giving it away; `taken` is what the host gives up whole. */
export const judgeUsbDevice = (context: PlanContext, own: ChosenUsbDevice, taken: readonly PciAddress[]): void => {
  judgePresence(context, own);
  judgeController(context, own, taken);
  judgeHost(context, own);
  judgeSharing(context, own);
  judgeHooks(context, own);
};

/** libvirt refuses to start a guest for which there are two. */
const judgePresence = (context: PlanContext, {wanted, name, present, path}: ChosenUsbDevice): void => {
  if (present.length > 1)
    context.report('blocker', 'usb-ambiguous', {
      subject: name,
      path: `${path}.id`,
      message: `${present.length} devices with the id ${wanted.usb.id} are plugged in (${present.map(({port}) => port).join(', ')}), and the guest would not start with one of them.`,
      remedy: `Set ${path}.port to the one that you mean.`,
    });
  if (present.length > 0 || (context.facts.usb.length === 0 && context.can.replugsUsb)) return;
  const elsewhere = context.facts.usb.filter(({id}) => id === wanted.usb.id);
  const {replugsUsb, starter} = context.can;
  context.report(replugsUsb ? 'note' : 'blocker', 'usb-absent', {
    subject: name,
    path,
    message: `${
      elsewhere.length > 0
        ? `${wanted.usb.id} is plugged in at ${elsewhere.map(({port}) => port).join(', ')} and not at ${wanted.usb.port}.`
        : `${name} is not plugged in now.`
    }${replugsUsb ? '' : ` ${starter} gives out only what it has seen; a hub it never gives out.`}`,
    remedy: replugsUsb
      ? 'Nothing to do if you plug it in there later: the guest gets it then.'
      : 'Plug it in where it is to stay, then capture the host again.',
  });
};

const judgeController = (
  context: PlanContext,
  {name, present, path}: ChosenUsbDevice,
  taken: readonly PciAddress[],
): void => {
  const held = present.find(({controller}) => controller !== null && taken.includes(controller));
  if (held === undefined) return;
  context.report('blocker', 'usb-controller-taken', {
    subject: name,
    path,
    message: `${name} is plugged in at ${held.port}, and its controller ${held.controller} goes to a guest as a whole.`,
    remedy: 'Take one of the two out of the profile: with the controller goes everything that is plugged in there.',
  });
};

/** What the host needs of one device; of its controller the needs of the host are known. */
const judgeHost = ({facts, profile, report}: PlanContext, {name, present, path}: ChosenUsbDevice): void => {
  const given = profile.devices.filter(isProfileUsbDevice).flatMap((device) => presentOf(facts.usb, device));
  for (const device of present) {
    const disk = facts.hostDisks.find(({paths}) =>
      paths.some((one) => device.disks.some((disk) => one === `/dev/${disk}` || one.startsWith(`/dev/${disk}p`))),
    );
    const others = facts.usb.filter(
      (one) => one.port !== device.port && one.controller === device.controller && !given.includes(one),
    );
    const needs = facts.needs.filter((need) => need.address === device.controller && isNeeded(need, []));
    const need = needs.find(
      ({kind}) =>
        (kind === 'keyboard' && device.isKeyboard && !others.some(({isKeyboard}) => isKeyboard)) ||
        ((kind === 'network' || kind === 'route') &&
          device.interfaces.length > 0 &&
          !others.some(({interfaces}) => interfaces.length > 0)),
    );
    const why = disk?.use ?? need?.chain;
    if (why === undefined) continue;
    report('blocker', 'usb-needed-by-host', {
      subject: name,
      path,
      message: `The host needs ${device.name ?? name} at ${device.port}: ${why}.`,
      remedy: 'Choose another device, or give the host another one for it first.',
    });
  }
};

const judgeSharing = ({facts, profile, others, report}: PlanContext, {wanted, name, path}: ChosenUsbDevice): void => {
  const {id, port} = wanted.usb;
  const claim = facts.guests.recorded.find(
    ({guest, usbDevices}) =>
      guest !== profile.guest.name &&
      usbDevices.some((one) => one.id === id && (one.port === null || port === null || one.port === port)),
  );
  const holder = claim?.guest ?? others.find(({use}) => use.usb.includes(id) && port === null)?.name;
  if (holder === undefined) return;
  report('warning', 'device-shared-with-guest', {
    subject: name,
    path,
    message: `The guest ${holder} has ${nameOfUsb(id, null)} too. The first of the two that runs gets it.`,
    remedy: 'Nothing to do if that is what you want. Otherwise name the port in both profiles.',
  });
};

/** A definition names no port, so that what is there at the start comes from a hook. */
const judgeHooks = ({can, report}: PlanContext, {wanted, name, path}: ChosenUsbDevice): void => {
  if (wanted.usb.port === null || can.namesUsbPorts || can.whyNoHooks === null) return;
  report('warning', 'usb-only-when-plugged', {
    subject: name,
    path: `${path}.port`,
    message: `The guest gets ${name} only when it is plugged in while the guest runs: ${can.whyNoHooks}.`,
    remedy: 'Plug it in after the start, or leave the port out.',
  });
};
