import type {PciAddress, PciId} from '../../facts/pci-address.ts';
import {parsePciAddress} from '../../facts/pci-address.ts';
import {type Codec, type KeyTable, listOf, orAbsent, orAuto} from '../../profile/codec.ts';
import {deviceFormat} from '../../profile/device-format.ts';
import type {Auto, ProfileDevice} from '../../profile/profile.ts';
import {mebibytesOf, patterned, pciAddress, pciId, scalar, yesOrNo} from '../../profile/scalars.ts';
import {sectionOf} from '../../profile/sections.ts';

/** A slice that a driver makes of its device (kernel: "mediated device"); the device stays with the host. */
export type ProfileMediatedDevice = {
  readonly kind: 'mediated-device';
  readonly mdev: {
    /** Its name in sysfs; `auto`: any that has the type. */
    readonly parent: Auto | string;
    /** Of a parent that is a PCI function. */
    readonly id: PciId | null;
    readonly subsystem: PciId | null;
    readonly upstream: readonly PciAddress[] | null;
    /** `nvidia-256` or `GRID RTX6000-1Q`; `null` where size and suffix choose. */
    readonly type: string | null;
    /** What the driver calls the type, checked on replay. */
    readonly name: string | null;
    readonly vramMiB: VramRange | null;
    /** Of the driver's name. */
    readonly suffix: string | null;
    readonly uuid: string;
    readonly attributes: readonly MediatedAttribute[];
    readonly display: boolean;
  };
};

export type VramRange = {readonly minimum: number; readonly maximum: number};

export type MediatedAttribute = {readonly name: string; readonly value: string};

const parentName = patterned(
  'name in /sys/class/mdev_bus',
  '^[A-Za-z0-9_][A-Za-z0-9_:@.+!-]{0,63}$',
  'is not a name in /sys/class/mdev_bus',
  'Write it as `ls /sys/class/mdev_bus` shows it: `0000:00:02.0`, `mtty`.',
);

const typeName = patterned(
  'type of mediated device',
  '^[A-Za-z0-9_][A-Za-z0-9_ :@.+!()/-]{0,79}$',
  'is not the name of a type',
  'Write it as `vfio-pilot check` shows it: `i915-GVTg_V5_4`, `GRID RTX6000-1Q`.',
);

const nameSuffix = patterned(
  'end of a name',
  '^[A-Za-z0-9_.+-]{1,20}$',
  'is not the end of a name of a type',
  'Use 1 to 20 letters, digits, `_`, `.`, `+` or `-`, as in `Q`.',
);

/** What may be said of a slice that is wanted. */
export const mediatedWords = {parent: parentName, type: typeName, suffix: nameSuffix} as const;

const uuidText: Codec<string> = scalar({
  type: 'UUID',
  schema: {type: 'string', pattern: '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'},
  render: (value) => value,
  parse: (text) =>
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
      ? {value: text.toLowerCase()}
      : {refusal: 'is not a UUID', remedy: 'Take the line that `uuidgen` prints.'},
});

/** The kernel looks an attribute up by its path below the device. */
const attributeName = patterned(
  'name of an attribute',
  '^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,3}$',
  'is not the name of an attribute',
  'Write its path below /sys/bus/mdev/devices/UUID: `nvidia/vgpu_params`.',
);

const attributeValue = patterned(
  'text of one line',
  '^[\\x20-\\x7E]{1,200}$',
  'is not a value that an attribute can have',
  'Use at most 200 printable ASCII characters.',
);

/** `1000-2000 MiB`, `2 GiB`; both ends belong to it. */
const vramRange: Codec<VramRange> = scalar({
  type: 'size or range with unit (`1000-2000 MiB`, `2 GiB`)',
  schema: {type: 'string', pattern: '^[0-9]{1,7}(-[0-9]{1,7})? ?(GiB|MiB)$'},
  render: ({minimum, maximum}) => (minimum === maximum ? `${minimum} MiB` : `${minimum}-${maximum} MiB`),
  parse: (text) => {
    const [, first, last = first, unit] = /^(\d{1,7})(?:-(\d{1,7}))? ?(MiB|GiB)$/.exec(text) ?? [];
    const [minimum, maximum] = [mebibytesOf(first, unit), mebibytesOf(last, unit)];
    if (minimum === null || maximum === null)
      return {
        refusal: 'is not a size or a range of sizes in MiB or GiB',
        remedy: 'Write whole numbers and the unit, as in `1000-2000 MiB` or `2 GiB`.',
      };
    return minimum <= maximum
      ? {value: {minimum, maximum}}
      : {refusal: 'ends before it begins', remedy: 'Write the smaller size first.'};
  },
});

const attributeKeys: KeyTable<MediatedAttribute> = {
  name: {key: 'name', codec: attributeName, meaning: 'File of the attribute, below the device in sysfs.'},
  value: {key: 'value', codec: attributeValue, meaning: 'What is written into it.'},
};

const mdevKeys: KeyTable<ProfileMediatedDevice['mdev']> = {
  parent: {
    key: 'parent',
    codec: orAuto(parentName),
    fallback: 'auto',
    meaning: 'Device that the slice is made of, as /sys/class/mdev_bus names it; auto: any that has the type.',
  },
  id: {
    key: 'id',
    codec: orAbsent(pciId),
    fallback: null,
    meaning: 'Vendor and device of a parent that is a PCI function, checked on replay.',
  },
  subsystem: {
    key: 'subsystem',
    codec: orAbsent(pciId),
    fallback: null,
    meaning: 'Vendor and model of its board, checked likewise.',
  },
  upstream: {
    key: 'upstream',
    codec: orAbsent(listOf(pciAddress, {minimum: 1, maximum: 32})),
    fallback: null,
    meaning: 'Bridges above it, root port first.',
  },
  type: {
    key: 'type',
    codec: orAbsent(typeName),
    fallback: null,
    meaning: 'Type of the slice, by its directory (nvidia-256) or the name that the driver gives it.',
  },
  name: {
    key: 'name',
    codec: orAbsent(typeName),
    fallback: null,
    meaning: 'What the driver calls the type, checked on replay.',
  },
  vramMiB: {
    key: 'vram',
    codec: orAbsent(vramRange),
    fallback: null,
    meaning: 'Video memory instead of a type: the largest in this range is chosen.',
  },
  suffix: {
    key: 'suffix',
    codec: orAbsent(nameSuffix),
    fallback: null,
    meaning: 'End of the driver’s name for the type, Q of NVIDIA’s for workstations; goes with vram.',
  },
  uuid: {
    key: 'uuid',
    codec: uuidText,
    meaning: 'Of the slice. A guest knows the device by it, so it stays the same.',
  },
  attributes: {
    key: 'attributes',
    codec: listOf(
      sectionOf(attributeKeys, () => null),
      {minimum: 0, maximum: 32},
    ),
    fallback: [],
    meaning: 'Written in this order once the slice is made.',
  },
  display: {
    key: 'display',
    codec: yesOrNo,
    fallback: false,
    meaning: 'Show its picture in the guest’s VNC or SPICE window (display=on), where its driver can.',
  },
};

const keys: KeyTable<Omit<ProfileMediatedDevice, 'kind'>> = {
  mdev: {
    key: 'mdev',
    codec: sectionOf(mdevKeys, () => null),
    meaning: 'A slice of a device that stays with the host (mediated device, vGPU).',
  },
};

export const isProfileMediatedDevice = (device: ProfileDevice): device is ProfileMediatedDevice =>
  device.kind === 'mediated-device';

/** Where it is made: `0000:00:02.0/i915-GVTg_V5_4`. */
export const placeOfMediated = (parent: string, type: string): string => `${parent}/${type}`;

export type MediatedName = {readonly parent: string; readonly type: string};

/** `0000:00:02.0/i915-GVTg_V5_4`, `00:02.0/i915-GVTg_V5_4`, `mtty/mtty-1`; `null` for anything else. */
export const parsePlace = (words: string): MediatedName | null => {
  const [, parent, type] = /^([^/]+)\/(.+)$/.exec(words) ?? [];
  return parent === undefined || type === undefined ? null : {parent: parsePciAddress(parent) ?? parent, type};
};

/** `- mdev: {parent: 0000:00:02.0, type: i915-GVTg_V5_4, uuid: …}` */
export const mediatedDeviceFormat = deviceFormat<ProfileMediatedDevice>({
  kind: 'mediated-device',
  marker: 'mdev',
  version: 2,
  keys,
  is: isProfileMediatedDevice,
  make: (values) => ({kind: 'mediated-device', ...values}),
  identity: ({mdev: {parent, type, uuid}}) =>
    parent === 'auto' || type === null ? `mdev ${uuid}` : placeOfMediated(parent, type),
  sameness: ({mdev: {uuid}}) => uuid,
  addresses: ({mdev: {parent}}) => {
    const address = parsePciAddress(parent);
    return address === null ? [] : [address];
  },
});
