import {
  byTag,
  type Check,
  flag,
  integer,
  listOf,
  literal,
  nullable,
  number,
  optional,
  recordOf,
  shape,
  text,
  wordOf,
} from '../decode/decode.ts';
import {pciAddressText, pciIdText} from '../facts/pci-address.ts';
import type {InitramfsSystem} from '../facts/boot.ts';
import {grabToggles} from '../profile/grab-toggle.ts';
import type {GuestPhase, GuestSystem, IsolationMethod, SharedFolder} from '../profile/profile.ts';
import type {
  AssignedDevice,
  AssignedFunction,
  AssignedMediatedDevice,
  AssignedPooledFunction,
  AssignedUsbDevice,
  AssignedVirtualFunction,
  BindBy,
  BindingPlan,
  Decision,
  EvdevInput,
  GuestCell,
  GuestPlan,
  HandoverPlan,
  HugepagePlan,
  IsolationPlan,
  KernelArgument,
  KernelArgumentPlan,
  KvmGuestPlan,
  KvmfrPlan,
  LookingGlassPlan,
  MemoryPlan,
  ModuleOption,
  PinningPlan,
  Plan,
  PlannedDevice,
  PcibackBindingPlan,
  ProxmoxGuestPlan,
  SoundPlan,
  VfioBindingPlan,
  XapiGuestPlan,
  XenGuestPlan,
} from './plan.ts';

const listOfText = listOf(text);
const listOfIntegers = listOf(integer);
const byNode = recordOf(integer);

const bindBy = wordOf<BindBy>({address: true, ids: true, libvirt: true});

const assigned = byTag<'type', AssignedDevice>('type', {
  pci: shape<AssignedFunction>({type: literal('pci'), address: pciAddressText, rom: nullable(text)}),
  'virtual-function': shape<AssignedVirtualFunction>({
    type: literal('virtual-function'),
    address: nullable(pciAddressText),
    formerly: nullable(pciAddressText),
    of: pciAddressText,
    index: integer,
    count: integer,
    probesDrivers: flag,
    network: nullable(
      shape<NonNullable<AssignedVirtualFunction['network']>>({mac: nullable(text), vlan: nullable(integer)}),
    ),
    vgpu: nullable(shape<NonNullable<AssignedVirtualFunction['vgpu']>>({name: text, mixedSizes: flag})),
  }),
  'pooled-function': shape<AssignedPooledFunction>({
    type: literal('pooled-function'),
    of: pciAddressText,
    interface: text,
    count: integer,
    mac: nullable(text),
    vlan: nullable(integer),
  }),
  'mediated-device': shape<AssignedMediatedDevice>({
    type: literal('mediated-device'),
    uuid: text,
    parent: text,
    of: nullable(pciAddressText),
    mdevType: text,
    vramMiB: nullable(integer),
    attributes: listOf(shape<AssignedMediatedDevice['attributes'][number]>({name: text, value: text})),
    display: flag,
    madeBy: wordOf<AssignedMediatedDevice['madeBy']>({unit: true, hypervisor: true}),
  }),
  usb: shape<AssignedUsbDevice>({type: literal('usb'), id: text, port: nullable(text), isNative: flag}),
});

const device = shape<PlannedDevice>({
  kind: text,
  address: nullable(pciAddressText),
  id: nullable(pciIdText),
  name: nullable(text),
  class: nullable(text),
  iommuGroup: nullable(integer),
  numaNode: nullable(integer),
  driver: nullable(text),
  bindBy: nullable(bindBy),
  assigned,
});

const options = listOf(
  shape<ModuleOption>({module: text, parameter: text, value: text, because: text, isKept: optional(literal(true))}),
);
const boundEarly = {
  by: bindBy,
  softdeps: listOfText,
  moduleOptions: options,
  builtInOptions: options,
  initramfsModules: listOfText,
  byAddress: listOf(pciAddressText),
} as const;
const binding = byTag<'kind', BindingPlan>('kind', {
  vfio: shape<VfioBindingPlan>({kind: literal('vfio'), ...boundEarly}),
  pciback: shape<PcibackBindingPlan>({kind: literal('pciback'), ...boundEarly}),
});

const kernelArguments = shape<KernelArgumentPlan>({
  add: listOf(shape<KernelArgument>({text, because: text})),
  remove: listOf(shape<KernelArgument>({text, because: text})),
  ownedKeys: listOfText,
});

const pinning = shape<PinningPlan>({
  vcpus: listOf(shape<PinningPlan['vcpus'][number]>({vcpu: integer, cpus: listOfIntegers})),
  emulator: listOfIntegers,
  iothreads: listOf(shape<PinningPlan['iothreads'][number]>({iothread: integer, cpus: listOfIntegers})),
  hostNodes: listOfIntegers,
  topology: shape<PinningPlan['topology']>({sockets: integer, dies: integer, cores: integer, threads: integer}),
});

const backing = {
  sizeKiB: integer,
  perNode: byNode,
  mount: nullable(wordOf<NonNullable<HugepagePlan['mount']>>({'/dev/hugepages2M': true, '/dev/hugepages1G': true})),
};
type HugepagesBy<Method> = Extract<HugepagePlan, {readonly method: Method}>;
const hugepages = byTag<'method', HugepagePlan>('method', {
  argument: shape<HugepagesBy<'argument'>>({...backing, method: literal('argument'), reserved: nullable(byNode)}),
  'release-unit': shape<HugepagesBy<'release-unit'>>({
    ...backing,
    method: literal('release-unit'),
    reserved: nullable(byNode),
    bootTotal: integer,
    release: byNode,
  }),
  hook: shape<HugepagesBy<'hook'>>({...backing, method: literal('hook')}),
});

const memory = shape<MemoryPlan>({
  sizeKiB: integer,
  hugepages: nullable(hugepages),
  nodes: listOfIntegers,
  hostReserveKiB: number,
  othersKiB: nullable(recordOf(number)),
  cells: nullable(
    listOf(
      shape<GuestCell>({
        cell: integer,
        hostNode: integer,
        vcpus: listOfIntegers,
        memoryKiB: number,
        distances: nullable(listOfIntegers),
      }),
    ),
  ),
});

const isolation = shape<IsolationPlan>({
  method: wordOf<IsolationMethod>({none: true, cgroup: true, boot: true}),
  cpus: listOfIntegers,
  hostCpus: listOfIntegers,
});

const named = {
  name: text,
  path: text,
  isNew: flag,
  os: wordOf<GuestSystem>({'windows-11': true, 'windows-10': true, linux: true, other: true}),
  firmware: wordOf<KvmGuestPlan['firmware']>({uefi: true, 'uefi-secure': true, bios: true}),
};

const domain = shape<KvmGuestPlan>({
  ...named,
  kind: literal('kvm'),
  hasTpm: flag,
  disk: text,
  diskFormat: wordOf<KvmGuestPlan['diskFormat']>({qcow2: true, raw: true}),
  diskBus: wordOf<KvmGuestPlan['diskBus']>({virtio: true, sata: true}),
  newDisk: nullable(shape<NonNullable<KvmGuestPlan['newDisk']>>({sizeMiB: number, isNoCow: flag})),
  cdrom: nullable(text),
  drivers: nullable(text),
  phase: nullable(wordOf<GuestPhase>({install: true, prepare: true, run: true})),
  osinfoId: nullable(text),
  network: text,
  evdev: listOf(shape<EvdevInput>({path: text, isKeyboard: flag})),
  evdevToggle: nullable(wordOf(grabToggles)),
  lookingGlass: nullable(
    shape<LookingGlassPlan>({
      name: text,
      kvmfrDevice: nullable(integer),
      sizeMiB: number,
      user: text,
      release: wordOf<LookingGlassPlan['release']>({auto: true, idd: true, b7: true}),
    }),
  ),
  kvmfr: nullable(shape<KvmfrPlan>({sizesMiB: listOf(number), sizedBy: nullable(text)})),
  sound: nullable(
    shape<SoundPlan>({
      backend: wordOf<SoundPlan['backend']>({none: true, spice: true, pipewire: true}),
      runtimeDir: nullable(text),
    }),
  ),
  shares: listOf(shape<SharedFolder>({dir: text, tag: text})),
  screen: wordOf<KvmGuestPlan['screen']>({vnc: true, spice: true}),
  emulator: text,
  isKvmHidden: flag,
  hypervVendorId: nullable(text),
  hyperv: listOfText,
  hasTopoext: flag,
  maxPhysAddr: flag,
  maxPhysAddrLimit: nullable(integer),
  hasNumaCell: flag,
  hasClock: flag,
});

const qmGuest = shape<ProxmoxGuestPlan>({
  ...named,
  kind: literal('proxmox'),
  vmid: integer,
  vcpus: integer,
  hasTpm: flag,
  cdrom: nullable(text),
  storage: nullable(text),
  bridge: nullable(text),
  isPcie: flag,
  isKvmHidden: nullable(flag),
  hypervVendorId: nullable(text),
  affinity: listOfIntegers,
  usesMapping: flag,
  hookscript: nullable(shape({volume: text, path: text})),
});

const xlGuest = shape<XenGuestPlan>({
  ...named,
  kind: literal('xen'),
  vcpus: integer,
  firmware: wordOf<XenGuestPlan['firmware']>({uefi: true, bios: true}),
  disk: text,
  cdrom: nullable(text),
  bridge: nullable(text),
  relaxed: listOf(pciAddressText),
  mmioHoleMiB: nullable(integer),
  pool: nullable(
    shape<NonNullable<XenGuestPlan['pool']>>({name: text, cpus: listOfIntegers, scheduler: nullable(text)}),
  ),
});

const xapiGuest = shape<XapiGuestPlan>({
  name: text,
  path: text,
  isNew: flag,
  kind: literal('xapi'),
  os: named.os,
  uuid: nullable(text),
  vcpus: integer,
  usb: listOf(shape<XapiGuestPlan['usb'][number]>({id: text, port: text})),
});

const guest = byTag<'kind', GuestPlan>('kind', {kvm: domain, proxmox: qmGuest, xen: xlGuest, xapi: xapiGuest});

const initramfs = wordOf<InitramfsSystem>({'initramfs-tools': true, dracut: true, mkinitcpio: true, booster: true});

/** Each member by itself: a document shows some of them. */
export const planMembers = {
  version: literal(1),
  profile: text,
  devices: listOf(device),
  binding,
  kernelArguments,
  hypervisorArguments: nullable(kernelArguments),
  pinning,
  memory,
  isolation,
  guest,
  initramfs: nullable(initramfs),
  handover: nullable(shape<HandoverPlan>({functions: listOf(pciAddressText)})),
  decisions: listOf(shape<Decision>({subject: text, choice: text, because: text})),
} as const;

/** Of a plan that comes from a file: the plan of an applied run may be that of another version of this program. */
export const planCheck: Check<Plan> = shape<Plan>(planMembers);
