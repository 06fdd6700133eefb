import type {GuestSystem, Profile} from '../../profile/profile.ts';
import {absolutePath, plainName} from '../../profile/scalars.ts';
import {always, readYesNoAuto, writeYesNoAuto, yesNoAuto} from './field.ts';
import type {ChoiceField, Field, FieldContext, TextField} from './field.ts';
import {refuseBy, refuseUnless} from './grammar.ts';

const withGuest = (profile: Profile, guest: Partial<Profile['guest']>): Profile => ({...profile, guest: {...profile.guest, ...guest}});

const isNew = ({profile, preview}: FieldContext): boolean => preview.plan?.guest.isNew ?? profile.guest.domain !== 'existing';
const hasNvidia = ({profile, facts}: FieldContext): boolean =>
  facts.pci.some((device) => device.vendor === '10de' && profile.devices.some((one) => one.address === device.address));

const domain: ChoiceField = {
  id: 'guest.domain',
  kind: 'choice',
  label: 'Domain',
  subjects: ['guest.domain'],
  isShown: always,
  options: ({facts}) => [
    {value: 'new', label: 'a new one', cost: 'A new libvirt domain is defined; nothing that exists is touched.'},
    ...facts.libvirt.domains.map(({name}) => ({
      value: `existing:${name}`,
      label: name,
      cost: 'The domain is edited in place: comments, order and elements of others stay; the diff shows each line.',
    })),
  ],
  read: (context) => (isNew(context) ? 'new' : `existing:${context.profile.guest.name}`),
  write: (profile, value, {facts}) => {
    const [kind, ...rest] = String(value).split(':');
    if (kind === 'existing') return withGuest(profile, {domain: 'existing', name: rest.join(':')});
    const isTaken = facts.libvirt.domains.some(({name}) => name === profile.guest.name);
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
  write: (profile, value) => (profile.guest.domain === 'existing' ? profile : withGuest(profile, {name: String(value)})),
  refuse: refuseBy(plainName),
  cost: () => 'libvirt’s name for the guest, also the name of its disk file.',
};

const os: ChoiceField = {
  id: 'guest.os',
  kind: 'choice',
  label: 'System',
  subjects: ['guest.os'],
  isShown: always,
  options: () => [
    {value: 'windows-11', label: 'Windows 11', cost: 'Brings Secure Boot and an emulated TPM, which its installer asks for.'},
    {value: 'windows-10', label: 'Windows 10', cost: 'Brings the Hyper-V enlightenments that Windows is faster with.'},
    {value: 'linux', label: 'Linux', cost: 'No Hyper-V enlightenments: Linux uses KVM’s own.'},
    {value: 'other', label: 'another', cost: 'Nothing that only one system understands.'},
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
    {value: 'auto', label: 'auto', cost: 'UEFI, with Secure Boot where the system asks for it.'},
    {value: 'uefi', label: 'UEFI', cost: 'The card needs a UEFI (GOP) option ROM to show the boot; cards from 2013 on have one.'},
    {value: 'uefi-secure', label: 'UEFI, Secure Boot', cost: 'As UEFI; unsigned drivers are refused by the guest.'},
    {value: 'bios', label: 'BIOS', cost: 'For old systems and cards; takes part in VGA arbitration with the host’s cards.'},
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
  options: () => yesNoAuto('An emulated one where the system asks for it.', 'An emulated TPM 2.0; swtpm must be installed.', 'Windows 11 does not install without one.'),
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
    {value: 'auto', label: 'not known', cost: 'Taken for a current one (R465, 2021, or newer).'},
    {value: 'r465-or-newer', label: 'R465 or newer', cost: 'Accepts a virtual machine; nothing has to be hidden on desktop cards.'},
    {value: 'before-r465', label: 'before R465', cost: 'Stops with Error 43 in a virtual machine unless KVM is hidden from it.'},
  ],
  read: ({profile}) => profile.guest.nvidiaDriver,
  write: (profile, value) => withGuest(profile, {nvidiaDriver: value as Profile['guest']['nvidiaDriver']}),
};

const hiding: ChoiceField = {
  id: 'guest.hideHypervisor',
  kind: 'choice',
  label: 'Error 43: hide KVM',
  subjects: ['guest.hideHypervisor'],
  isShown: always,
  options: () =>
    yesNoAuto(
      'Hidden only where the card and its driver need it.',
      'The guest sees no KVM signature and another Hyper-V vendor id; some paravirtual speed-ups of Linux guests are lost.',
      'The guest knows that it is one; NVIDIA drivers before R465 stop with Error 43.',
    ),
  read: ({profile}) => readYesNoAuto(profile.guest.hideHypervisor),
  write: (profile, value) => withGuest(profile, {hideHypervisor: writeYesNoAuto(value)}),
};

const hyperv: ChoiceField = {
  id: 'guest.hyperv',
  kind: 'choice',
  label: 'Hyper-V features',
  subjects: ['guest.hyperv'],
  isShown: ({profile}) => profile.guest.os.startsWith('windows') || profile.guest.hyperv !== 'auto',
  options: ({profile}) => [
    {value: 'auto', label: 'auto', cost: 'What this libvirt accepts and Windows is faster with: timers, spinlocks, interrupts.'},
    {value: 'none', label: 'none', cost: 'Windows polls emulated timers: it uses visibly more CPU when idle.'},
    ...(Array.isArray(profile.guest.hyperv) ? [{value: 'as-written', label: profile.guest.hyperv.join(', '), cost: 'The list in the profile.'}] : []),
  ],
  read: ({profile}) => (profile.guest.hyperv === 'auto' || profile.guest.hyperv === 'none' ? profile.guest.hyperv : 'as-written'),
  write: (profile, value) => (value === 'as-written' ? profile : withGuest(profile, {hyperv: value === 'none' ? 'none' : 'auto'})),
};

const disk: TextField = {
  id: 'guest.disk',
  kind: 'text',
  label: 'Disk image',
  subjects: ['guest.disk'],
  isShown: isNew,
  read: ({profile}) => profile.guest.disk,
  write: (profile, value) => withGuest(profile, {disk: value === '' ? 'auto' : String(value)}),
  refuse: refuseUnless(['', 'auto'], absolutePath),
  cost: ({preview}) => `Path of the image; auto means ${preview.plan?.guest.disk ?? 'a file named after the guest'}. It is not created here.`,
};

const cdrom: TextField = {
  id: 'guest.cdrom',
  kind: 'text',
  label: 'Install from',
  subjects: ['guest.cdrom'],
  isShown: isNew,
  read: ({profile}) => profile.guest.cdrom ?? '',
  write: (profile, value) => withGuest(profile, {cdrom: value === '' ? null : String(value)}),
  refuse: refuseUnless([''], absolutePath),
  cost: () => 'Path of an ISO image, or nothing.',
};

const networkId = {id: 'guest.network', label: 'Network', subjects: ['guest.network']} as const;

const knownNetwork: ChoiceField = {
  ...networkId,
  kind: 'choice',
  isShown: (context) => isNew(context) && context.facts.libvirt.networks.length > 0,
  options: ({facts, profile}) => {
    const {networks} = facts.libvirt;
    const {network} = profile.guest;
    return [
      ...networks.map((one) => ({value: one, label: one, cost: 'A libvirt network of this host; the guest gets a virtio card in it.'})),
      ...(networks.includes(network) ? [] : [{value: network, label: `${network} (not here)`, cost: 'libvirt on this host knows no network of this name: the guest would not start.'}]),
    ];
  },
  read: ({profile}) => profile.guest.network,
  write: (profile, value) => withGuest(profile, {network: String(value)}),
};

/** Where libvirt did not tell its networks. */
const typedNetwork: TextField = {
  ...networkId,
  kind: 'text',
  isShown: (context) => isNew(context) && context.facts.libvirt.networks.length === 0,
  read: ({profile}) => profile.guest.network,
  write: (profile, value) => withGuest(profile, {network: String(value)}),
  refuse: refuseBy(plainName),
  cost: () => 'Name of a libvirt network; none was found on this host. `virsh net-list --all` lists them, and libvirt usually brings one called default.',
};

export const guestFields: readonly Field[] = [domain, name, os, firmware, tpm, nvidiaDriver, hiding, hyperv, disk, cdrom, knownNetwork, typedNetwork];
