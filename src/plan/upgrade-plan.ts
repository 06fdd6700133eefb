import {isObject, type JsonObject, memberOf} from '../decode/decode.ts';
import type {GuestPlan} from './plan.ts';

/**
 * What later versions of this program added to a plan of the second kind, each with its value where nobody chose it. A
 * member that a plan gains belongs here, under a version of its own: a run that is applied today is verified by the
 * program of tomorrow.
 */
const sinceSecond: Readonly<Record<GuestPlan['kind'], JsonObject>> = {
  kvm: {
    diskFormat: 'qcow2',
    diskBus: 'virtio',
    newDisk: null,
    drivers: null,
    phase: null,
    osinfoId: null,
    evdev: [],
    evdevToggle: null,
    lookingGlass: null,
    kvmfr: null,
    shares: [],
    sound: null,
    screen: 'vnc',
  },
  proxmox: {usesMapping: false, hookscript: null},
  xen: {relaxed: [], mmioHoleMiB: null, pool: null},
  xapi: {usb: []},
};

const upgradeGuest = (guest: unknown): unknown => {
  if (!isObject(guest)) return guest;
  const kind = Object.entries(sinceSecond).find(([name]) => name === guest['kind']);
  const {lookingGlass} = guest;
  return {
    ...kind?.[1],
    ...guest,
    ...(isObject(lookingGlass) ? {lookingGlass: {kvmfrDevice: null, ...lookingGlass}} : {}),
  };
};

const upgradeAssigned = (planned: JsonObject): JsonObject => {
  const {assigned} = planned;
  return isObject(assigned) && assigned['type'] === 'virtual-function'
    ? {...planned, assigned: {vgpu: null, ...assigned}}
    : planned;
};

const eachDevice = (devices: unknown, change: (device: JsonObject) => JsonObject): unknown =>
  Array.isArray(devices) ? devices.map((one: unknown) => change(isObject(one) ? one : {})) : devices;

/**
 * The first version left out what there was none of, and its huge pages had the members of every method. What libvirt's
 * guests always had (`machine`, `managed`, `hasCachePassthrough`) is no decision any more.
 */
const upgradeFirst = (plan: JsonObject): JsonObject => {
  const {memory, guest, binding: bound, devices} = plan;
  const [first] = Array.isArray(devices) ? (devices as readonly unknown[]) : [];
  return {
    ...plan,
    devices: eachDevice(devices, upgradeDevice),
    binding: isObject(bound) ? {...bound, kind: 'vfio', by: isObject(first) ? first['bindBy'] : undefined} : bound,
    hypervisorArguments: null,
    handover: memberOf(plan, 'handover') ?? null,
    memory: isObject(memory) ? upgradeMemory(memory) : memory,
    guest: isObject(guest) ? {maxPhysAddrLimit: null, ...guest, kind: 'kvm'} : guest,
  };
};

/** The plan of an applied run of an earlier version, by that version; the result has the shape of the next one. */
export const planUpgrades: Readonly<Record<1 | 2, (plan: unknown) => unknown>> = {
  1: (plan) => (isObject(plan) ? upgradeFirst(plan) : plan),
  2: (plan) =>
    isObject(plan)
      ? {...plan, devices: eachDevice(plan['devices'], upgradeAssigned), guest: upgradeGuest(plan['guest'])}
      : plan,
};

const upgradeDevice = (planned: JsonObject): JsonObject => ({
  ...planned,
  kind: 'function',
  assigned: {type: 'pci', address: planned['address'], rom: planned['rom']},
});

const upgradeMemory = (memory: JsonObject): JsonObject => ({
  ...memory,
  othersKiB: memberOf(memory, 'othersKiB') ?? null,
  cells: memberOf(memory, 'cells') ?? null,
  hugepages: isObject(memory['hugepages'])
    ? {reserved: null, mount: null, ...memory['hugepages']}
    : memory['hugepages'],
});
