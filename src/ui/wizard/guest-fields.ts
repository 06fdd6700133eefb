import {addressesOf} from '../../devices/device-kinds.ts';
import {libvirtOf} from '../../facts/virtualisation.ts';
import {hypervisorOf} from '../../hypervisor/hypervisors.ts';
import {isCalled} from '../../plan/other-guest.ts';
import type {GuestSystem, Profile} from '../../profile/profile.ts';
import {libvirtName} from '../../profile/scalars.ts';
import {
  always,
  type ChoiceField,
  type Field,
  type FieldContext,
  isNew,
  isWindows,
  readYesNoAuto,
  refuseBy,
  type TextField,
  withGuest,
  writeYesNoAuto,
  yesNoAuto,
} from './field.ts';
import {rareGuestFields} from './rare-fields.ts';
import {lookingGlassField} from './looking-glass-field.ts';
import {inputFields} from './input-fields.ts';
import {mediaFields} from './media-fields.ts';
import {shareField} from './share-field.ts';
import {soundFields} from './sound-fields.ts';

const hasNvidia = ({profile, facts}: FieldContext): boolean =>
  facts.pci.some(
    (device) => device.vendor === '10de' && profile.devices.some((one) => addressesOf(one).includes(device.address)),
  );

/** The guest of the profile as the options call it: a profile may have its name or its number. */
const nameAmongGuests = ({facts, profile}: FieldContext): string => {
  const {name} = profile.guest;
  const found = hypervisorOf(facts)
    .guests(facts)
    .find((guest) => isCalled(guest, name));
  return found?.alias ?? name;
};

const domain: ChoiceField = {
  id: 'guest.domain',
  kind: 'choice',
  label: 'Virtual machine',
  subjects: ['guest.domain'],
  isShown: always,
  options: ({facts}) => [
    {value: 'new', label: 'a new one', cost: 'Creates a new virtual machine. Your other ones stay unchanged.'},
    ...hypervisorOf(facts)
      .guests(facts)
      .map(({name, alias}) => ({
        value: `existing:${alias ?? name}`,
        label: alias === null || alias === name ? name : `${alias} ${name}`,
        cost: 'Changes this virtual machine. Comments and all other settings stay; Review shows each changed line.',
      })),
  ],
  read: (context) => (isNew(context) ? 'new' : `existing:${nameAmongGuests(context)}`),
  write: (profile, value, {facts}) => {
    const [kind, ...rest] = String(value).split(':');
    if (kind === 'existing') return withGuest(profile, {domain: 'existing', name: rest.join(':')});
    const isTaken = hypervisorOf(facts)
      .guests(facts)
      .some((guest) => isCalled(guest, profile.guest.name));
    return withGuest(profile, {domain: 'new', name: isTaken ? `${profile.guest.name}-new` : profile.guest.name});
  },
};

const name: TextField = {
  id: 'guest.name',
  kind: 'text',
  label: 'Name',
  subjects: ['guest.name'],
  isShown: isNew,
  read: ({profile}) => profile.guest.name,
  write: (profile, value) =>
    profile.guest.domain === 'existing' ? profile : withGuest(profile, {name: String(value)}),
  refuse: refuseBy(libvirtName),
  cost: ({facts}) => hypervisorOf(facts).nameMeaning,
};

const os: ChoiceField = {
  id: 'guest.os',
  kind: 'choice',
  label: 'Operating system',
  subjects: ['guest.os'],
  isShown: always,
  options: () => [
    {
      value: 'windows-11',
      label: 'Windows 11',
      cost: 'With Secure Boot and an emulated TPM, which the installer requires.',
    },
    {value: 'windows-10', label: 'Windows 10', cost: 'With Hyper-V enlightenments, which make Windows faster.'},
    {value: 'linux', label: 'Linux', cost: 'Without Hyper-V enlightenments: Linux uses those of KVM.'},
    {value: 'other', label: 'another', cost: 'Only what every operating system understands.'},
  ],
  read: ({profile}) => profile.guest.os,
  write: (profile, value) => withGuest(profile, {os: value as GuestSystem}),
};

const firmware: ChoiceField = {
  id: 'guest.firmware',
  kind: 'choice',
  label: 'Firmware',
  subjects: ['guest.firmware'],
  isShown: isNew,
  options: () => [
    {value: 'auto', label: 'automatic', cost: 'UEFI, with Secure Boot if the operating system requires it.'},
    {
      value: 'uefi',
      label: 'UEFI',
      cost: 'The card shows the boot only if it has a UEFI (GOP) option ROM; cards since 2013 have one.',
    },
    {value: 'uefi-secure', label: 'UEFI, Secure Boot', cost: 'Like UEFI. The guest refuses unsigned drivers.'},
    {
      value: 'bios',
      label: 'BIOS',
      cost: 'For old operating systems and cards. The card shares legacy VGA access with the host’s cards.',
    },
  ],
  read: ({profile}) => profile.guest.firmware,
  write: (profile, value) => withGuest(profile, {firmware: value as Profile['guest']['firmware']}),
};

const tpm: ChoiceField = {
  id: 'guest.tpm',
  kind: 'choice',
  label: 'TPM',
  subjects: ['guest.tpm'],
  isShown: isNew,
  options: () =>
    yesNoAuto(
      'An emulated TPM if the operating system requires it.',
      'An emulated TPM 2.0 (swtpm).',
      'Windows 11 does not install without a TPM.',
    ),
  read: ({profile}) => readYesNoAuto(profile.guest.tpm),
  write: (profile, value) => withGuest(profile, {tpm: writeYesNoAuto(value)}),
};

const nvidiaDriver: ChoiceField = {
  id: 'guest.nvidiaDriver',
  kind: 'choice',
  label: 'NVIDIA driver',
  subjects: ['guest.nvidiaDriver'],
  isShown: hasNvidia,
  options: () => [
    {value: 'auto', label: 'automatic', cost: 'A current driver is assumed (R465 of 2021, or newer).'},
    {
      value: 'r465-or-newer',
      label: 'R465 or newer',
      cost: 'Works in a virtual machine. Desktop cards need no hiding.',
    },
    {
      value: 'before-r465',
      label: 'before R465',
      cost: 'Stops with Error 43 in a virtual machine unless KVM is hidden.',
    },
  ],
  read: ({profile}) => profile.guest.nvidiaDriver,
  write: (profile, value) => withGuest(profile, {nvidiaDriver: value as Profile['guest']['nvidiaDriver']}),
};

const hiding: ChoiceField = {
  id: 'guest.hideHypervisor',
  kind: 'choice',
  label: 'Hide KVM (Error 43)',
  subjects: ['guest.hideHypervisor'],
  isShown: always,
  options: () =>
    yesNoAuto(
      'Hidden only if the card and its driver need it.',
      'The guest does not see KVM. Linux guests lose some paravirtual speed-ups.',
      'The guest sees KVM. NVIDIA drivers before R465 stop with Error 43.',
    ),
  read: ({profile}) => readYesNoAuto(profile.guest.hideHypervisor),
  write: (profile, value) => withGuest(profile, {hideHypervisor: writeYesNoAuto(value)}),
};

const hyperv: ChoiceField = {
  id: 'guest.hyperv',
  kind: 'choice',
  label: 'Hyper-V features',
  subjects: ['guest.hyperv'],
  isShown: (context) => isWindows(context) || context.profile.guest.hyperv !== 'auto',
  options: ({profile}) => [
    {
      value: 'auto',
      label: 'automatic',
      cost: 'All that this libvirt supports and that make Windows faster: timers, spinlocks, interrupts.',
    },
    {value: 'none', label: 'none', cost: 'Windows uses visibly more CPU when idle.'},
    ...(Array.isArray(profile.guest.hyperv)
      ? [{value: 'as-written', label: profile.guest.hyperv.join(', '), cost: 'The list that the profile has.'}]
      : []),
  ],
  read: ({profile}) =>
    profile.guest.hyperv === 'auto' || profile.guest.hyperv === 'none' ? profile.guest.hyperv : 'as-written',
  write: (profile, value) =>
    value === 'as-written' ? profile : withGuest(profile, {hyperv: value === 'none' ? 'none' : 'auto'}),
};

const networkId = {id: 'guest.network', label: 'Network', subjects: ['guest.network']} as const;

const knownNetwork: ChoiceField = {
  ...networkId,
  kind: 'choice',
  isShown: (context) => isNew(context) && libvirtOf(context.facts).networks.length > 0,
  options: ({facts, profile}) => {
    const {networks} = libvirtOf(facts);
    const {network} = profile.guest;
    return [
      ...networks.map((one) => ({
        value: one,
        label: one,
        cost: 'A libvirt network of this host. The guest gets a virtio network card in it.',
      })),
      ...(networks.includes(network)
        ? []
        : [
            {
              value: network,
              label: `${network} (missing)`,
              cost: 'This host has no libvirt network of this name, so the guest would not start.',
            },
          ]),
    ];
  },
  read: ({profile}) => profile.guest.network,
  write: (profile, value) => withGuest(profile, {network: String(value)}),
};

/** Where libvirt lists no network. */
const typedNetwork: TextField = {
  ...networkId,
  kind: 'text',
  isShown: (context) => isNew(context) && libvirtOf(context.facts).networks.length === 0,
  read: ({profile}) => profile.guest.network,
  write: (profile, value) => withGuest(profile, {network: String(value)}),
  refuse: refuseBy(libvirtName),
  cost: () => 'Name of a libvirt network. None was found on this host; `virsh net-list --all` lists them.',
};

const yesNo = (yes: string, no: string): ChoiceField['options'] => {
  const options = [
    {value: 'no', label: 'no', cost: no},
    {value: 'yes', label: 'yes', cost: yes},
  ];
  return () => options;
};

const mapping: ChoiceField = {
  id: 'guest.mapping',
  kind: 'choice',
  label: 'Resource mapping',
  subjects: ['guest.mapping'],
  isShown: always,
  options: yesNo(
    'The card by a mapping of the cluster (Datacenter, Resource Mappings), which checks its ids at each start.',
    'The card by its address. A mapping that the guest has already stays.',
  ),
  read: ({profile}) => readYesNoAuto(profile.guest.mapping),
  write: (profile, value) => withGuest(profile, {mapping: value === 'yes'}),
};

const hookscript: ChoiceField = {
  id: 'guest.hookscript',
  kind: 'choice',
  label: 'Pin each vCPU',
  subjects: ['guest.hookscript'],
  isShown: always,
  options: yesNo(
    'A hookscript pins each vCPU after the start. Pairs of vCPUs are on the threads of one core.',
    'All vCPUs share the cores of the guest’s affinity, and the host’s scheduler deals them out.',
  ),
  read: ({profile}) => readYesNoAuto(profile.guest.hookscript),
  write: (profile, value) => withGuest(profile, {hookscript: value === 'yes'}),
};

export const guestFields: readonly Field[] = [
  domain,
  name,
  os,
  firmware,
  tpm,
  nvidiaDriver,
  hiding,
  mapping,
  hookscript,
  hyperv,
  lookingGlassField,
  shareField,
  ...mediaFields,
  knownNetwork,
  typedNetwork,
  ...soundFields,
  ...inputFields,
  ...rareGuestFields,
];
