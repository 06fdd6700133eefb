import type {HostFacts} from '../../facts/host-facts.ts';
import type {UsbDevice} from '../../facts/usb.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {ChosenDevice} from '../../plan/device/chosen-devices.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {Plan, PlannedDevice} from '../../plan/plan.ts';
import type {Candidate, DeviceKind, Named} from '../device-kind.ts';
import {type ChosenUsbDevice, judgeUsbDevice, presentOf} from './judge-usb-device.ts';
import {pluggingFiles, renderPlugging} from './plugging.ts';
import {
  isProfileUsbDevice,
  nameOfUsb,
  parseUsbName,
  type ProfileUsbDevice,
  usbDeviceFormat,
} from './usb-device-format.ts';

const chosenDevice = (own: ChosenUsbDevice): ChosenDevice => ({
  kind: 'usb-device',
  path: own.path,
  name: own.name,
  functions: [],
  hostdevs: [],
  isDisplay: false,
  numaNode: null,
  judge: (context, _all, taken) => judgeUsbDevice(context, own, taken),
  plan: (context) => planDevice(context, own),
});

const planDevice = (context: PlanContext, {wanted, name, present}: ChosenUsbDevice): PlannedDevice => {
  const {id, port} = wanted.usb;
  const [first] = present;
  context.decide(
    'devices',
    name,
    `${first === undefined ? 'it is not plugged in now' : `${first.name ?? 'it'} is at ${first.port} now`}; the guest gets it when it starts${context.can.replugsUsb ? ', and when it is plugged in' : ''}`,
  );
  return {
    kind: 'usb-device',
    address: null,
    id: null,
    name: first?.name ?? null,
    class: null,
    iommuGroup: null,
    numaNode: null,
    bindBy: null,
    driver: null,
    assigned: {type: 'usb', id, port, isNative: context.can.namesUsbPorts},
  };
};

/** Two of one id: then libvirt would not know which one is meant, and the guest does not start. */
const usbPromises = ({usb}: HostFacts, _plan: Plan, {assigned}: PlannedDevice): readonly PromiseResult[] => {
  if (assigned.type !== 'usb' || assigned.port !== null) return [];
  const found = usb.filter(({id}) => id === assigned.id);
  const isClear = found.length < 2;
  return [
    {
      id: 'usb-one',
      status: isClear ? 'kept' : 'broken',
      promise: `No two devices with the id ${assigned.id} are plugged in.`,
      fact: found.length === 0 ? 'None is.' : `${found.map(({port}) => port).join(', ')}.`,
      remedy: isClear
        ? null
        : 'Pull one out before the guest starts, or name its port with `usb: {port: …}` and apply again.',
    },
  ];
};

const portOf = (usb: readonly UsbDevice[], {id, port}: UsbDevice): string | null =>
  usb.filter((one) => one.id === id).length > 1 ? port : null;

const usbCandidates = ({usb, pci}: HostFacts): readonly Candidate[] =>
  usb.map((device): Candidate => {
    const card = pci.find(({address}) => address === device.controller) ?? null;
    return {
      kind: 'usb-device',
      identities: [nameOfUsb(device.id, portOf(usb, device))],
      functions: [],
      isDisplay: false,
      part: {
        of: card,
        parent: device.controller ?? 'USB',
        driver: card?.driver ?? null,
        noun: 'USB device',
        meaning: 'The guest has this device while it runs; the host has it at all other times.',
        name: device.name ?? 'USB device',
        remark: `It is plugged in at ${device.port}`,
        present: null,
        group: 'own',
        room: null,
      },
    };
  });

const propose = (_facts: HostFacts, identities: readonly string[]): readonly ProfileUsbDevice[] =>
  identities.flatMap((identity): readonly ProfileUsbDevice[] => {
    const named = parseUsbName(identity);
    const id = named?.id ?? null;
    return id === null ? [] : [{kind: 'usb-device', usb: {id, port: named?.port ?? null}}];
  });

/** `usb/046d:c21f`, also of one that is not plugged in; `usb/1-4.2` for what is there now. */
const understand = ({usb}: HostFacts, words: string): Named | null => {
  const named = parseUsbName(words);
  if (named === null) return null;
  if (named.id !== null) return {ok: true, identity: nameOfUsb(named.id, named.port)};
  const device = usb.find(({port}) => port === named.port);
  return device === undefined
    ? {
        ok: false,
        problem: `Nothing is plugged in at ${named.port}.`,
        remedy: '`lsusb -t` shows the ports; usb/VENDOR:PRODUCT names a device that comes later.',
      }
    : {ok: true, identity: nameOfUsb(device.id, device.port)};
};

/** A USB device by its ids, wherever or whenever it is plugged in. The controller stays with the host. */
export const usbDeviceKind: DeviceKind = {
  ...usbDeviceFormat,
  files: pluggingFiles,
  match: (context, device, path) =>
    isProfileUsbDevice(device)
      ? chosenDevice({
          wanted: device,
          name: usbDeviceFormat.identity(device),
          present: presentOf(context.facts.usb, device),
          path: `${path}.usb`,
        })
      : null,
  complete: () => [],
  prepare: renderPlugging,
  promises: usbPromises,
  candidates: usbCandidates,
  understand,
  propose,
  whyInUse: () => null,
  probes: {},
};
