import {type Codec, listOf, orAbsent, orAuto, orWord, type KeyTable} from './codec.ts';
import {cpuList, pins} from './cpu-lists.ts';
import {deviceCodec, type DeviceFormat} from './device-format.ts';
import type {
  ProfileGuest,
  ProfileHost,
  ProfileLookingGlass,
  SharedFolder,
  WrittenCpu,
  WrittenMemory,
  WrittenProfile,
} from './profile.ts';
import {guestMemory, vcpuCount} from './shares.ts';
import {
  absolutePath,
  inputPath,
  memorySize,
  oneLine,
  oneOf,
  pciAddress,
  leastDiskMiB,
  libvirtName,
  plainName,
  resolution,
  shareTag,
  userName,
  scalar,
  vendorId,
  wholeNumber,
  yesOrNo,
} from './scalars.ts';
import {fallbacksOf, fieldsOf, sectionOf} from './sections.ts';

/**
 * Every key of the file, once: decoding, encoding, suggestions, the JSON Schema and the documentation read this table.
 * A field of Profile without a line here does not compile.
 */
const auto = 'auto' as const;
const nodeNumber = wholeNumber(0, 1023);
const addresses = listOf(pciAddress, {minimum: 0, maximum: 256});

export const cpuKeys: KeyTable<WrittenCpu> = {
  vcpus: {
    key: 'vcpus',
    codec: vcpuCount,
    meaning: 'Guest CPUs; a multiple of the host’s threads per core, or all of the guest’s node but so many cores.',
  },
  node: {
    key: 'node',
    codec: orAuto(nodeNumber),
    fallback: auto,
    meaning: 'Host NUMA node of the vCPUs; auto: the device’s.',
  },
  pins: {
    key: 'pins',
    codec: orAuto(pins),
    fallback: auto,
    meaning: 'Host CPU of vCPU 0, 1, …; auto chooses whole cores on the node.',
  },
  emulator: {key: 'emulator', codec: orAuto(cpuList(1)), fallback: auto, meaning: 'Host CPUs of QEMU’s own threads.'},
  iothreads: {
    key: 'iothreads',
    codec: orAuto(cpuList(0)),
    fallback: auto,
    meaning: 'Host CPU of I/O thread 1, 2, …; [] for none.',
  },
  isolation: {
    key: 'isolation',
    codec: oneOf(['auto', 'none', 'cgroup', 'boot']),
    fallback: auto,
    meaning:
      'How the host is kept off the cores of the vCPUs: cgroup while the guest runs, boot permanently; auto: cgroup where the host can.',
  },
  pool: {
    key: 'pool',
    codec: oneOf(['none', 'own', 'credit', 'credit2']),
    fallback: 'none',
    meaning:
      'Xen with xl: a pool of CPUs for this guest alone, made at each boot. own: with Xen’s own scheduler; or the name of a scheduler.',
  },
};

export const memoryKeys: KeyTable<WrittenMemory> = {
  sizeMiB: {
    key: 'size',
    codec: guestMemory,
    meaning: 'Memory of the guest; or all of its node but so much, rounded down to whole GiB.',
  },
  hugepages: {
    key: 'hugepages',
    codec: oneOf(['auto', '2MiB', '1GiB', 'none']),
    fallback: auto,
    meaning: 'Pages that back it.',
  },
  allocation: {
    key: 'allocation',
    codec: oneOf(['auto', 'boot', 'start']),
    fallback: auto,
    meaning: 'When huge pages are set aside: at boot, or when the guest starts, with release after; auto: at boot.',
  },
  node: {
    key: 'node',
    codec: orAuto(nodeNumber),
    fallback: auto,
    meaning: 'Host NUMA node of the memory; auto: the vCPUs’.',
  },
  hostReserveMiB: {
    key: 'hostReserve',
    codec: orAuto(memorySize(0)),
    fallback: auto,
    meaning: 'Memory that stays with the host on that node.',
  },
};

const lookingGlassKeys: KeyTable<ProfileLookingGlass> = {
  user: {key: 'user', codec: userName, meaning: 'Your user on the host, who runs looking-glass-client.'},
  resolution: {
    key: 'resolution',
    codec: orAbsent(resolution),
    fallback: null,
    meaning: 'The largest of the guest; the size of the memory follows from it.',
  },
  sizeMiB: {
    key: 'size',
    codec: orAbsent(memorySize(1)),
    fallback: null,
    meaning: 'Of the memory, a power of two, instead of a resolution.',
  },
  memory: {
    key: 'memory',
    codec: oneOf(['shm', 'kvmfr']),
    fallback: 'shm',
    meaning:
      'Where the picture is: shm, a file in /dev/shm; kvmfr, a device of that kernel module, which every kernel has to have.',
  },
  release: {
    key: 'release',
    codec: orAuto(oneOf(['idd', 'b7'])),
    fallback: auto,
    meaning: 'Of Looking Glass in the guest: idd since 2026, b7 and before; auto: room for both.',
  },
  hdr: {
    key: 'hdr',
    codec: yesOrNo,
    fallback: false,
    meaning: 'The guest shows HDR, which takes twice the memory with b7.',
  },
};

const shareKeys: KeyTable<SharedFolder> = {
  dir: {key: 'dir', codec: absolutePath, meaning: 'The folder on the host.'},
  tag: {key: 'tag', codec: shareTag, meaning: 'The name by which the guest mounts it.'},
};

export const guestKeys: KeyTable<ProfileGuest> = {
  name: {key: 'name', codec: libvirtName, meaning: 'Name of the libvirt domain.'},
  domain: {
    key: 'domain',
    codec: oneOf(['auto', 'new', 'existing']),
    fallback: auto,
    meaning: 'Define it, or edit the one that exists; auto: edit it where it exists.',
  },
  os: {
    key: 'os',
    codec: oneOf(['windows-11', 'windows-10', 'linux', 'other']),
    fallback: 'other',
    meaning: 'Guest system: decides clock, Hyper-V features and firmware.',
  },
  firmware: {
    key: 'firmware',
    codec: oneOf(['auto', 'uefi', 'uefi-secure', 'bios']),
    fallback: auto,
    meaning: 'Guest firmware of a new domain.',
  },
  disk: {
    key: 'disk',
    codec: orAuto(absolutePath),
    fallback: auto,
    meaning: 'Disk image of a new domain; auto: /var/lib/libvirt/images/NAME.qcow2.',
  },
  diskSizeMiB: {
    key: 'diskSize',
    codec: orAbsent(memorySize(leastDiskMiB)),
    fallback: null,
    meaning:
      'Size of the image that `apply` makes where `disk` is not there; an image that is there is never written over.',
  },
  diskFormat: {
    key: 'diskFormat',
    codec: oneOf(['auto', 'qcow2', 'raw']),
    fallback: auto,
    meaning: 'Format of the image; auto: raw where its name ends in .raw or .img, else qcow2.',
  },
  diskBus: {
    key: 'diskBus',
    codec: oneOf(['auto', 'virtio', 'sata']),
    fallback: auto,
    meaning:
      'Bus of the disk of a new domain. sata, and the network card e1000e with it, need no driver in Windows; auto: sata where Windows is installed without drivers, else virtio.',
  },
  diskPool: {
    key: 'diskPool',
    codec: orAbsent(libvirtName),
    fallback: null,
    meaning: 'Storage pool of libvirt, a folder, that the image is in when `disk` is auto.',
  },
  cdrom: {key: 'cdrom', codec: orAbsent(absolutePath), fallback: null, meaning: 'Installation medium of a new domain.'},
  drivers: {
    key: 'drivers',
    codec: orAbsent(absolutePath),
    fallback: null,
    meaning: 'Medium with drivers for a new domain, such as virtio-win.iso.',
  },
  phase: {
    key: 'phase',
    codec: orAbsent(oneOf(['install', 'prepare', 'run'])),
    fallback: null,
    meaning:
      'install: emulated screen and media, without the card; prepare: both; run: the card alone. Without it a new guest has both, and nothing is taken out later.',
  },
  network: {key: 'network', codec: libvirtName, fallback: 'default', meaning: 'libvirt network of a new domain.'},
  evdev: {
    key: 'evdev',
    codec: listOf(inputPath, {minimum: 0, maximum: 16}),
    fallback: [],
    meaning:
      'Keyboards and mice of the host that the guest takes over and gives back at the press of keys, by their names in /dev/input/by-id.',
  },
  evdevToggle: {
    key: 'evdevToggle',
    codec: oneOf(['ctrl-ctrl', 'alt-alt', 'shift-shift', 'meta-meta', 'scrolllock', 'ctrl-scrolllock']),
    fallback: 'ctrl-ctrl',
    meaning: 'Keys that hand `evdev` to the guest and back to the host; ctrl-ctrl: both Ctrl keys at once.',
  },
  lookingGlass: {
    key: 'lookingGlass',
    codec: orAbsent(sectionOf(lookingGlassKeys, () => null)),
    fallback: null,
    meaning: 'The guest’s picture in a window of the host, through memory that both share.',
  },
  share: {
    key: 'share',
    codec: listOf(
      sectionOf(shareKeys, () => null),
      {minimum: 0, maximum: 16},
    ),
    fallback: [],
    meaning: 'Folders of the host that the guest mounts (virtiofs).',
  },
  sound: {
    key: 'sound',
    codec: oneOf(['auto', 'none', 'spice', 'pipewire']),
    fallback: auto,
    meaning:
      'Where an emulated sound card plays: spice, in the window of the guest; pipewire, in the session of a user; auto: through Looking Glass where the guest has that, and otherwise none is added, as a graphics card has sound of its own.',
  },
  soundRuntimeDir: {
    key: 'soundRuntimeDir',
    codec: orAbsent(absolutePath),
    fallback: null,
    meaning: 'Runtime directory of the user whose PipeWire plays the sound, /run/user/1000.',
  },
  tpm: {
    key: 'tpm',
    codec: orAuto(yesOrNo),
    fallback: auto,
    meaning: 'Emulated TPM 2.0; auto: where the guest system needs one.',
  },
  hideHypervisor: {
    key: 'hideHypervisor',
    codec: orAuto(yesOrNo),
    fallback: auto,
    meaning: 'Hide KVM from the guest against Error 43; auto: decided from card and driver age.',
  },
  hypervVendorId: {
    key: 'hypervVendorId',
    codec: orAuto(vendorId),
    fallback: auto,
    meaning: 'Hyper-V vendor id that the guest sees; auto: a neutral one where the hypervisor is hidden.',
  },
  nvidiaDriver: {
    key: 'nvidiaDriver',
    codec: oneOf(['auto', 'before-r465', 'r465-or-newer']),
    fallback: auto,
    meaning: 'NVIDIA driver in the guest; R465 and newer need no hiding on desktop cards.',
  },
  hyperv: {
    key: 'hyperv',
    codec: orAuto(orWord('none', listOf(plainName, {minimum: 1, maximum: 64}))),
    fallback: auto,
    meaning: 'Hyper-V features of a Windows guest, by libvirt’s names.',
  },
  numaCell: {
    key: 'numaCell',
    codec: orAuto(yesOrNo),
    fallback: auto,
    meaning: 'Show the guest NUMA cells, one for each host node that it is on; false: none, and it stays on one node.',
  },
  mapping: {
    key: 'mapping',
    codec: yesOrNo,
    fallback: false,
    meaning: 'Proxmox VE: name the card by a resource mapping of the cluster, instead of its address.',
  },
  hookscript: {
    key: 'hookscript',
    codec: yesOrNo,
    fallback: false,
    meaning:
      'Proxmox VE: a hookscript pins each vCPU to a CPU of its own; otherwise all of them share the cores of the guest’s affinity.',
  },
};

export const hostKeys: KeyTable<ProfileHost> = {
  allowUnsafeInterrupts: {
    key: 'allowUnsafeInterrupts',
    codec: yesOrNo,
    fallback: false,
    meaning: 'Accept that a guest can forge interrupts, on a host without interrupt remapping.',
  },
  acceptGroupMates: {
    key: 'acceptGroupMates',
    codec: addresses,
    fallback: [],
    meaning: 'Other devices of the group that the host may lose.',
  },
  acceptLossOf: {
    key: 'acceptLossOf',
    codec: addresses,
    fallback: [],
    meaning: 'Devices that the host needs and that you give up nevertheless.',
  },
  iommuPassthrough: {
    key: 'iommuPassthrough',
    codec: yesOrNo,
    fallback: false,
    meaning: 'iommu=pt: the host’s own devices bypass translation.',
  },
  ignoreMsrs: {
    key: 'ignoreMsrs',
    codec: yesOrNo,
    fallback: false,
    meaning: 'kvm.ignore_msrs=1: unknown registers read as zero instead of failing.',
  },
  disableIdleD3: {
    key: 'disableIdleD3',
    codec: yesOrNo,
    fallback: false,
    meaning: 'Keep an unused assigned device out of D3, for cards that do not wake.',
  },
};

const versionNumber: Codec<1 | 2> = scalar({
  type: '1 | 2',
  schema: {enum: [1, 2]},
  render: String,
  parse: (text) =>
    text === '1' || text === '2'
      ? {value: text === '1' ? 1 : 2}
      : {refusal: 'is not a version that this program reads', remedy: 'Write `version: 1`, or use a newer vfio-pilot.'},
});

/** The section that a misplaced key belongs to. */
const homeIn =
  (formats: readonly DeviceFormat[]) =>
  (key: string): string | null =>
    homesWith(formats).find(({fields}) => fields.some(([, field]) => field.key === key))?.path ?? null;

export const profileKeys = (name: string, formats: readonly DeviceFormat[]): KeyTable<WrittenProfile> => {
  const homeOf = homeIn(formats);
  const section = <T extends object>(keys: KeyTable<T>): Codec<T> => sectionOf(keys, homeOf);
  return {
    version: {key: 'version', codec: versionNumber, meaning: 'Version of this format.'},
    name: {key: 'name', codec: plainName, fallback: name, meaning: 'Name of the profile; without it the file’s.'},
    description: {key: 'description', codec: orAbsent(oneLine), fallback: null, meaning: 'One line for people.'},
    devices: {
      key: 'devices',
      codec: listOf(deviceCodec(formats, homeOf), {minimum: 0, maximum: 64}),
      meaning: 'PCI functions for the guest; [] for none.',
    },
    binding: {
      key: 'binding',
      codec: oneOf(['auto', 'address', 'ids', 'libvirt', 'handover']),
      fallback: auto,
      meaning:
        'How vfio-pci gets them: by address early at boot, by id, by libvirt when the guest starts, or handover: so, and the host’s screen with it.',
    },
    cpu: {key: 'cpu', codec: section(cpuKeys), meaning: 'Guest CPUs and where they run.'},
    memory: {key: 'memory', codec: section(memoryKeys), meaning: 'Guest memory and where it comes from.'},
    guest: {key: 'guest', codec: section(guestKeys), meaning: 'The libvirt domain.'},
    host: {
      key: 'host',
      codec: section(hostKeys),
      fallback: fallbacksOf<ProfileHost>(hostKeys),
      meaning: 'What you accept on the host; everything here is off unless you say so.',
    },
  };
};

type Home = {readonly path: string; readonly fields: ReturnType<typeof fieldsOf>};

/** Where keys stand; those of `devices` come from the kinds of devices. */
const homesWith = (formats: readonly DeviceFormat[]): readonly Home[] => [
  {path: 'the top level', fields: fieldsOf(profileKeys('profile', formats))},
  {path: 'devices', fields: eachKeyOnce(formats.flatMap(({fields}) => fields))},
  {path: 'cpu', fields: fieldsOf(cpuKeys)},
  {path: 'memory', fields: fieldsOf(memoryKeys)},
  {path: 'guest', fields: fieldsOf(guestKeys)},
  {path: 'host', fields: fieldsOf(hostKeys)},
];

/** Kinds of devices may have a key in common, which means the same then. */
const eachKeyOnce = (fields: Home['fields']): Home['fields'] => [
  ...new Map(fields.map((field) => [field[1].key, field])).values(),
];

export type DocumentedKey = {
  readonly path: string;
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
};

/** The table for people: the README prints it. */
export const documentedKeys = (formats: readonly DeviceFormat[]): readonly DocumentedKey[] =>
  homesWith(formats).flatMap(({path, fields}) =>
    path === 'the top level'
      ? fields.map(([, field]) => documentKey(field.key, field))
      : documentFields(path === 'devices' ? 'devices[]' : path, fields),
  );

/** With the keys of the maps in it. */
const documentFields = (path: string, fields: Home['fields']): readonly DocumentedKey[] =>
  fields.flatMap(([, field]) => {
    const own = `${path}.${field.key}`;
    const ofItems = field.codec.type.startsWith('list of') ? '[]' : '';
    return [documentKey(own, field), ...documentFields(`${own}${ofItems}`, field.codec.fields ?? [])];
  });

const documentKey = (path: string, field: Home['fields'][number][1]): DocumentedKey => ({
  path,
  type: field.codec.type,
  default: 'fallback' in field ? describeDefault(field.fallback) : 'required',
  meaning: field.meaning,
});

const describeDefault = (fallback: unknown): string => {
  if (fallback === null) return 'none';
  if (typeof fallback === 'boolean') return fallback ? 'yes' : 'no';
  if (Array.isArray(fallback)) return '[]';
  return typeof fallback === 'string' ? fallback : 'all defaults';
};
