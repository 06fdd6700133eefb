import {presentOf} from '../../../devices/usb-device/judge-usb-device.ts';
import {isProfileUsbDevice, nameOfUsb} from '../../../devices/usb-device/usb-device-format.ts';
import type {UsbDevice} from '../../../facts/usb.ts';
import type {XapiVm} from '../../../facts/virtualisation.ts';
import {judgeByPolicy, parseUsbPolicy} from '../../../formats/xapi/usb-policy.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {assignedFunctions, type ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import type {XapiGuestPlan} from '../../../plan/plan.ts';
import {isRelaxed, nameOfVm, placeOf, recordOf, xapiOf} from '../xapi-facts.ts';
import {policyPath} from './policy.ts';

type Wanted = {readonly name: string; readonly path: string; readonly device: UsbDevice};

/** XAPI refuses a seventh (TOO_MANY_VUSBS). */
const most = 6;

/** Which of the host's USB devices the VM gets, each at the port where it is now. `vm`: `null` where there is none. */
export const chooseUsb = (context: PlanContext, chosen: ChosenDevices, vm: XapiVm | null): XapiGuestPlan['usb'] => {
  const wanted = wantedOf(context, chosen);
  if (context.profile.devices.some(isProfileUsbDevice)) judgePolicyFile(context);
  for (const one of wanted) judgeDevice(context, one);
  const [first] = wanted;
  if (first !== undefined) {
    judgeVersion(context, first, chosen);
    tellForgotten(context, first);
    if (vm !== null) judgePlaces(context, wanted, vm);
  }
  return wanted.map(({device: {id, port}}) => ({id, port}));
};

/** One that is absent, or of which there are two, is reported with the device itself. */
const wantedOf = ({facts, profile}: PlanContext, {assigned}: ChosenDevices): readonly Wanted[] =>
  profile.devices.filter(isProfileUsbDevice).flatMap((wish) => {
    const name = nameOfUsb(wish.usb.id, wish.usb.port);
    const [device, ...more] = presentOf(facts.usb, wish);
    return device === undefined || more.length > 0
      ? []
      : [{name, path: assigned.find((one) => one.name === name)?.path ?? 'devices', device}];
  });

const judgePolicyFile = ({facts, report}: PlanContext): void => {
  const {xapi} = xapiOf(facts);
  const text = facts.files[policyPath]?.text ?? null;
  const {fault, emptyLine} = parseUsbPolicy(text ?? '');
  if (xapi.pusbs === null || xapi.vusbs === null || xapi.host === null)
    report('blocker', 'xapi-usb-unknown', {
      subject: 'devices',
      message: `What XAPI knows of USB is unknown: ${xapi.host === null ? '/etc/xensource-inventory has no INSTALLATION_UUID' : '`xe pusb-list` or `xe vusb-list` gave no answer'}.`,
      remedy: 'Capture the host again, as root, with this version of vfio-pilot.',
    });
  if (text === null)
    report('blocker', 'xapi-usb-policy', {
      subject: policyPath,
      path: 'devices',
      message: `${policyPath} is not there, or can’t be read; without it XAPI offers no USB device.`,
      remedy: 'Put it back (from another host of the same version), then capture the host again.',
    });
  else if (fault !== null)
    report('blocker', 'xapi-usb-policy', {
      subject: policyPath,
      path: 'devices',
      message: `XAPI can’t read line ${fault.number} of ${policyPath} (${JSON.stringify(fault.text)}), and then offers no USB device at all.`,
      remedy:
        'Correct it: one rule a line, # only at the very beginning of a line or behind a rule, two digits for class, subclass and prot, four for vid, pid and rel.',
    });
  else if (emptyLine !== null)
    report('warning', 'xapi-usb-policy', {
      subject: policyPath,
      path: 'devices',
      message: `Line ${emptyLine} of ${policyPath} is empty. XAPI before 25.29 ends there, and offers no USB device at all.`,
      remedy: 'Take the empty line out.',
    });
};

const judgeDevice = (context: PlanContext, {name, path, device}: Wanted): void => {
  const {facts, report} = context;
  if (device.classes === null || device.classes.length === 0) {
    report('blocker', 'xapi-usb-unknown', {
      subject: name,
      path,
      message:
        device.classes === null
          ? `Of what class ${name} is, is unknown, and XAPI’s policy decides by that.`
          : `${name} shows no interface, and XAPI leaves such a device out.`,
      remedy:
        device.classes === null
          ? 'Capture the host again, with this version of vfio-pilot.'
          : 'Plug it in again, then capture the host again.',
    });
    return;
  }
  const text = facts.files[policyPath]?.text ?? null;
  const policy = parseUsbPolicy(text ?? '');
  if (text === null || policy.fault !== null) return;
  const {isAllowed, denial} = judgeByPolicy(policy, {...device, classes: device.classes});
  if (isAllowed) {
    context.decide('devices', `${name} is allowed`, `no rule of ${policyPath} denies it`);
    return;
  }
  report('warning', 'xapi-usb-policy', {
    subject: name,
    path,
    message: `${
      denial === null
        ? `No rule of ${policyPath} allows ${name}`
        : `Line ${denial.number} of ${policyPath} denies ${name} (${denial.text.trim()})`
    }. The plan writes a rule that allows ${device.id}, ${denial === null ? 'at its end' : 'in front of that line'}: XAPI then offers every device with these ids.`,
    remedy: 'Nothing to do if you want that. An upgrade from an ISO forgets the rule: verify after each one.',
  });
};

/** xcp-ng/xcp issues 108 and 511: usb_reset.py ends with an error. */
const judgeVersion = ({facts, report}: PlanContext, {name, path}: Wanted, chosen: ChosenDevices): void => {
  const {xapi} = xapiOf(facts);
  if (isRelaxed(xapi) || assignedFunctions(chosen).length === 0) return;
  report('blocker', 'xapi-usb-with-pci', {
    subject: name,
    path,
    message: `Before 8.3 a VM with a PCI device and a USB device does not start ("argument -r: expected one argument"), and this is ${xapi.product} ${xapi.version ?? 'of unknown version'}.`,
    remedy: 'Upgrade to 8.3, or give the VM the whole USB controller by its PCI address instead.',
  });
};

/** The record of a device is its port, its ids and its serial number (xen-api: xapi_pusb_helpers.ml). */
const tellForgotten = ({profile, report}: PlanContext, {name, path}: Wanted): void =>
  report('warning', 'xapi-usb-forgotten', {
    subject: name,
    path,
    message: `XAPI forgets a USB device when it is pulled out: plugged in again it is with dom0, and the VM ${profile.guest.name} has no place for it. With a USB device XAPI also refuses snapshots, suspend and migration of the VM (VM_HAS_VUSBS).`,
    remedy:
      'Leave it plugged in, and make a new plan of a new capture when it was not. For what you plug in often, give the VM the whole USB controller by its PCI address.',
  });

const judgePlaces = ({facts, report}: PlanContext, wanted: readonly Wanted[], vm: XapiVm): void => {
  const {xapi} = xapiOf(facts);
  const groups = wanted.map(({device}) => recordOf(xapi, device)?.group);
  const others = (xapi.vusbs ?? []).filter((one) => one.vm === vm.uuid && !groups.includes(one.group)).length;
  if (others + wanted.length > most)
    report('blocker', 'xapi-usb-limit', {
      subject: 'devices',
      message: `XAPI gives a VM ${most} USB devices at most, and ${vm.name} would have ${others + wanted.length}.`,
      remedy: 'Take some out of the profile, or give the VM a whole USB controller by its PCI address.',
    });
  for (const one of wanted) {
    const taken = placeOf(xapi, one.device);
    if (taken === null || taken.vm === vm.uuid) continue;
    const holder = xapi.vms?.find(({uuid}) => uuid === taken.vm);
    report('blocker', 'xapi-usb-taken', {
      subject: one.name,
      path: one.path,
      message: `The VM ${holder === undefined ? taken.vm : nameOfVm(facts, holder)} has ${one.name}, and XAPI gives a device to one VM only (USB_GROUP_CONFLICT).`,
      remedy: `Shut that VM down, take it away (xe vusb-destroy uuid=${taken.uuid}), and capture the host again.`,
    });
  }
};
