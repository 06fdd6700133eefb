import {
  type Check,
  either,
  flag,
  integer,
  listOf,
  literal,
  nullable,
  number,
  shape,
  text,
  wordOf,
} from '../decode/decode.ts';
import {pciAddressText} from '../facts/pci-address.ts';
import {grabToggles} from './grab-toggle.ts';
import type {
  Auto,
  GuestPhase,
  GuestSystem,
  CoreShare,
  MemoryShare,
  ProfileDevice,
  ProfileGuest,
  ProfileHost,
  ProfileLookingGlass,
  SharedFolder,
  WrittenCpu,
  WrittenMemory,
  WrittenProfile,
} from './profile.ts';

const orAuto = <Type>(check: Check<Type>): Check<Auto | Type> => either<Auto | Type>(literal('auto'), check);

/** Each kind of device has members of its own. */
const device: Check<ProfileDevice> = {
  ...shape<ProfileDevice>({kind: text}),
  schema: {...shape<{readonly kind: string}>({kind: text}).schema, additionalProperties: true},
};

const addresses = listOf(pciAddressText);
const cpus = listOf(integer);

/** A profile as the program has it, with every default: what `profile show --json` prints. The file is `profile schema`. */
export const profileShape = shape<WrittenProfile>({
  version: either<1 | 2>(literal(1), literal(2)),
  name: text,
  description: nullable(text),
  devices: listOf(device),
  binding: wordOf<WrittenProfile['binding']>({auto: true, address: true, ids: true, libvirt: true, handover: true}),
  cpu: shape<WrittenCpu>({
    vcpus: either<number | CoreShare>(integer, shape<CoreShare>({coresLeft: integer})),
    node: orAuto(integer),
    pins: orAuto(cpus),
    emulator: orAuto(cpus),
    iothreads: orAuto(cpus),
    isolation: wordOf<WrittenCpu['isolation']>({auto: true, none: true, cgroup: true, boot: true}),
    pool: wordOf<WrittenCpu['pool']>({none: true, own: true, credit: true, credit2: true}),
  }),
  memory: shape<WrittenMemory>({
    sizeMiB: either<number | MemoryShare>(number, shape<MemoryShare>({leftMiB: number})),
    hugepages: wordOf<WrittenMemory['hugepages']>({auto: true, '2MiB': true, '1GiB': true, none: true}),
    allocation: wordOf<WrittenMemory['allocation']>({auto: true, boot: true, start: true}),
    node: orAuto(integer),
    hostReserveMiB: orAuto(number),
  }),
  guest: shape<ProfileGuest>({
    name: text,
    domain: wordOf<ProfileGuest['domain']>({auto: true, new: true, existing: true}),
    os: wordOf<GuestSystem>({'windows-11': true, 'windows-10': true, linux: true, other: true}),
    firmware: wordOf<ProfileGuest['firmware']>({auto: true, uefi: true, 'uefi-secure': true, bios: true}),
    disk: text,
    diskSizeMiB: nullable(number),
    diskFormat: wordOf<ProfileGuest['diskFormat']>({auto: true, qcow2: true, raw: true}),
    diskBus: wordOf<ProfileGuest['diskBus']>({auto: true, virtio: true, sata: true}),
    diskPool: nullable(text),
    cdrom: nullable(text),
    drivers: nullable(text),
    phase: nullable(wordOf<GuestPhase>({install: true, prepare: true, run: true})),
    network: text,
    evdev: listOf(text),
    evdevToggle: wordOf(grabToggles),
    sound: wordOf<ProfileGuest['sound']>({auto: true, none: true, spice: true, pipewire: true}),
    soundRuntimeDir: nullable(text),
    share: listOf(shape<SharedFolder>({dir: text, tag: text})),
    lookingGlass: nullable(
      shape<ProfileLookingGlass>({
        user: text,
        resolution: nullable(text),
        sizeMiB: nullable(number),
        memory: wordOf<ProfileLookingGlass['memory']>({shm: true, kvmfr: true}),
        release: wordOf<ProfileLookingGlass['release']>({auto: true, idd: true, b7: true}),
        hdr: flag,
      }),
    ),
    tpm: orAuto(flag),
    hideHypervisor: orAuto(flag),
    hypervVendorId: text,
    nvidiaDriver: wordOf<ProfileGuest['nvidiaDriver']>({auto: true, 'before-r465': true, 'r465-or-newer': true}),
    hyperv: either<ProfileGuest['hyperv']>(literal('auto'), literal('none'), listOf(text)),
    numaCell: orAuto(flag),
    mapping: flag,
    hookscript: flag,
  }),
  host: shape<ProfileHost>({
    allowUnsafeInterrupts: flag,
    acceptGroupMates: addresses,
    acceptLossOf: addresses,
    iommuPassthrough: flag,
    ignoreMsrs: flag,
    disableIdleD3: flag,
  }),
});
