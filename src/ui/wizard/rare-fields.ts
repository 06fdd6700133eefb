import {identityOf} from '../../devices/device-kinds.ts';
import {readValue} from '../../profile/codec.ts';
import {cpuList} from '../../profile/cpu-lists.ts';
import type {Profile, ProfileDevice} from '../../profile/profile.ts';
import {absolutePath, libvirtName, vendorId} from '../../profile/scalars.ts';
import {
  type ChoiceField,
  type Field,
  readYesNoAuto,
  refuseUnless,
  type TextField,
  writeYesNoAuto,
  yesNoAuto,
  withGuest,
} from './field.ts';

/** Few people need these keys: each is asked for where the profile has it, or where a remedy names it. */
const emulatorCpus = cpuList(1);

const emulator: TextField = {
  id: 'cpu.emulator',
  kind: 'text',
  label: 'Emulator threads',
  subjects: ['cpu.emulator'],
  isShown: ({profile}) => profile.cpu.emulator !== 'auto',
  whenEmpty: 'automatic',
  read: ({profile: {cpu}}) => (cpu.emulator === 'auto' ? '' : cpu.emulator.join(',')),
  write: (profile, value) => ({
    ...profile,
    cpu: {...profile.cpu, emulator: readValue(emulatorCpus, String(value)) ?? 'auto'},
  }),
  refuse: refuseUnless(['', 'auto'], emulatorCpus),
  cost: () => 'Host CPUs of QEMU’s own threads, for example 1,9. Leave it empty for CPUs near those of the guest.',
};

const numaCell: ChoiceField = {
  id: 'guest.numaCell',
  kind: 'choice',
  label: 'Show NUMA nodes',
  subjects: ['guest.numaCell'],
  isShown: ({profile}) => profile.guest.numaCell !== 'auto',
  options: () =>
    yesNoAuto(
      'The guest sees NUMA nodes if its CPUs and memory are on several.',
      'The guest sees one NUMA node for each host node that it is on.',
      'The guest sees no NUMA nodes, and stays on one host node.',
    ),
  read: ({profile}) => readYesNoAuto(profile.guest.numaCell),
  write: (profile, value) => withGuest(profile, {numaCell: writeYesNoAuto(value)}),
};

const hypervVendorId: TextField = {
  id: 'guest.hypervVendorId',
  kind: 'text',
  label: 'Hyper-V vendor id',
  subjects: ['guest.hypervVendorId'],
  isShown: ({profile}) => profile.guest.hypervVendorId !== 'auto',
  whenEmpty: 'automatic',
  read: ({profile}) => (profile.guest.hypervVendorId === 'auto' ? '' : profile.guest.hypervVendorId),
  write: (profile, value) => withGuest(profile, {hypervVendorId: value === '' ? 'auto' : String(value)}),
  refuse: refuseUnless(['', 'auto'], vendorId),
  cost: () =>
    'The vendor id of the hypervisor that Windows sees. Leave it empty for a neutral one where KVM is hidden.',
};

const diskPool: TextField = {
  id: 'guest.diskPool',
  kind: 'text',
  label: 'Storage pool',
  subjects: ['guest.diskPool'],
  isShown: ({profile}) => profile.guest.diskPool !== null,
  read: ({profile}) => profile.guest.diskPool ?? '',
  write: (profile, value) => withGuest(profile, {diskPool: value === '' ? null : String(value)}),
  refuse: refuseUnless([''], libvirtName),
  cost: () =>
    'Name of the libvirt storage pool for the disk image, or nothing. It counts where the disk image is automatic.',
};

const diskBus: ChoiceField = {
  id: 'guest.diskBus',
  kind: 'choice',
  label: 'Disk bus',
  subjects: ['guest.diskBus'],
  isShown: ({profile}) => profile.guest.diskBus !== 'auto',
  options: () => [
    {
      value: 'auto',
      label: 'automatic',
      cost: 'SATA where Windows is installed without a medium of drivers, else virtio.',
    },
    {value: 'virtio', label: 'virtio', cost: 'Fast. Windows needs its driver before it starts from such a disk.'},
    {
      value: 'sata',
      label: 'SATA',
      cost: 'Slower. Every system has a driver for it, and for the network card that comes with it.',
    },
  ],
  read: ({profile}) => profile.guest.diskBus,
  write: (profile, value) => withGuest(profile, {diskBus: value as Profile['guest']['diskBus']}),
};

type Switch = {
  readonly key: 'disableIdleD3' | 'ignoreMsrs';
  readonly label: string;
  readonly yes: string;
  readonly no: string;
};

const hostSwitch = ({key, label, yes, no}: Switch): ChoiceField => ({
  id: `host.${key}`,
  kind: 'choice',
  label,
  subjects: [`host.${key}`],
  isShown: ({profile}) => profile.host[key],
  options: () => [
    {value: 'no', label: 'no', cost: no},
    {value: 'yes', label: 'yes', cost: yes},
  ],
  read: ({profile}) => readYesNoAuto(profile.host[key]),
  write: (profile, value) => ({...profile, host: {...profile.host, [key]: value === 'yes'}}),
});

const disableIdleD3 = hostSwitch({
  key: 'disableIdleD3',
  label: 'Keep card awake',
  yes: 'The card never goes to sleep (D3) while no guest has it. It needs a little more power.',
  no: 'The card sleeps (D3) while no guest has it. Some cards do not wake up again.',
});

const ignoreMsrs = hostSwitch({
  key: 'ignoreMsrs',
  label: 'Ignore MSRs',
  yes: 'KVM answers 0 for unknown model-specific registers, which some guests need to start.',
  no: 'A guest that reads an unknown model-specific register gets an error, as on real hardware.',
});

const romId = 'devices.rom:';

const withRom = (device: ProfileDevice, address: string, value: string): ProfileDevice =>
  identityOf(device) === address && 'rom' in device ? {...device, rom: value === '' ? null : value} : device;

const romOf = ({devices}: Profile, address: string): string => {
  const rom = devices.find((device) => identityOf(device) === address)?.['rom'];
  return typeof rom === 'string' ? rom : '';
};

const romField = (address: string): TextField => ({
  id: `${romId}${address}`,
  kind: 'text',
  label: `ROM ${address}`,
  subjects: [`${romId}${address}`],
  isShown: ({profile}) => romOf(profile, address) !== '',
  read: ({profile}) => romOf(profile, address),
  write: (profile, value) => ({
    ...profile,
    devices: profile.devices.map((device) => withRom(device, address, String(value))),
  }),
  refuse: refuseUnless([''], absolutePath),
  cost: () => 'Path of a file with the video BIOS (option ROM) of the card, or nothing. Most cards need none.',
});

/** One for each device that can have an option ROM of its own. */
export const romFields = (devices: readonly ProfileDevice[]): readonly Field[] =>
  devices.filter((device) => 'rom' in device).map((device) => romField(identityOf(device)));

/** The same fields by what was typed, for writing a profile. */
export const romFieldsOf = (edits: Readonly<Record<string, unknown>>): readonly Field[] =>
  Object.keys(edits).flatMap((id) => (id.startsWith(romId) ? [romField(id.slice(romId.length))] : []));

export const rareCpuFields: readonly Field[] = [emulator];
export const rareGuestFields: readonly Field[] = [
  numaCell,
  hypervVendorId,
  diskBus,
  diskPool,
  ignoreMsrs,
  disableIdleD3,
];
