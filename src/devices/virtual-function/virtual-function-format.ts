import type {PciAddress, PciId} from '../../facts/pci-address.ts';
import {isPciAddress, parsePciAddress} from '../../facts/pci-address.ts';
import {type KeyTable, orAbsent, orAuto} from '../../profile/codec.ts';
import {deviceFormat} from '../../profile/device-format.ts';
import type {Auto, ProfileDevice} from '../../profile/profile.ts';
import {macAddress, patterned, pciId, wholeNumber, yesOrNo} from '../../profile/scalars.ts';
import {sectionOf} from '../../profile/sections.ts';
import {type NamedFunction, namedFunctionKeys} from '../named-function.ts';

/** One virtual function of a card that stays with the host. It has no address before the host has made it. */
export type ProfileVirtualFunction = {
  readonly kind: 'virtual-function';
  readonly function: {
    /** The physical function. */
    readonly of: NamedFunction;
    readonly index: number;
    /** Virtual functions that it makes at boot, for all guests and the host. */
    readonly count: Auto | number;
    /** Of the virtual function itself. */
    readonly id: PciId | null;
    /** NVIDIA: name of the vGPU type that it becomes. */
    readonly vgpu: string | null;
    /** Its GPU takes vGPUs of several sizes. */
    readonly mixedSizes: boolean;
  };
  readonly mac: string | null;
  readonly vlan: number | null;
};

/** PCI Express: SR-IOV counts virtual functions with 16 bits. */
export const mostVirtualFunctions = 65_535;

export const vlanNumber = wholeNumber(1, 4094);

const functionKeys: KeyTable<ProfileVirtualFunction['function']> = {
  of: {
    key: 'of',
    codec: sectionOf(namedFunctionKeys, () => null),
    meaning: 'The physical function: the card or its port, which stays with the host.',
  },
  index: {
    key: 'index',
    codec: wholeNumber(0, mostVirtualFunctions - 1),
    meaning: 'Which of its virtual functions, from 0 on, as `virtfnN` in sysfs.',
  },
  count: {
    key: 'count',
    codec: orAuto(wholeNumber(1, mostVirtualFunctions)),
    fallback: 'auto',
    meaning: 'How many it makes at boot; auto: as many as there are now and as guests need.',
  },
  id: {
    key: 'id',
    codec: orAbsent(pciId),
    fallback: null,
    meaning: 'Vendor and device of the virtual function, checked on replay.',
  },
  vgpu: {
    key: 'vgpu',
    codec: orAbsent(
      patterned(
        'name of a vGPU type',
        '^[A-Za-z0-9][A-Za-z0-9 _.+-]{0,79}$',
        'is not the name of a vGPU type',
        'Write it as creatable_vgpu_types shows it: `NVIDIA L40S-12Q`.',
      ),
    ),
    fallback: null,
    meaning: 'NVIDIA: vGPU type that it becomes (vGPU 17 and newer), by its name.',
  },
  mixedSizes: {
    key: 'mixedSizes',
    codec: yesOrNo,
    fallback: false,
    meaning: 'NVIDIA: turn on the GPU’s mode for vGPUs of several sizes.',
  },
};

const keys: KeyTable<Omit<ProfileVirtualFunction, 'kind'>> = {
  function: {
    key: 'function',
    codec: sectionOf(functionKeys, () => null),
    meaning: 'A virtual function (SR-IOV), known by its physical function and its number.',
  },
  mac: {
    key: 'mac',
    codec: orAbsent(macAddress),
    fallback: null,
    meaning: 'MAC address of a virtual network function; without it libvirt chooses one when it defines the guest.',
  },
  vlan: {
    key: 'vlan',
    codec: orAbsent(vlanNumber),
    fallback: null,
    meaning: 'VLAN that the card puts a virtual network function in, without a word to the guest.',
  },
};

export const isProfileVirtualFunction = (device: ProfileDevice): device is ProfileVirtualFunction =>
  device.kind === 'virtual-function';

/** Where it would be in sysfs: `0000:04:00.0/virtfn2`. */
export const identityOfVirtualFunction = (of: PciAddress, index: number): string => `${of}/virtfn${index}`;

/** With what it becomes: `0000:41:00.0/virtfn2 NVIDIA L40S-12Q`. */
export const nameOfVirtualFunction = (of: PciAddress, index: number, vgpu: string | null): string =>
  `${identityOfVirtualFunction(of, index)}${vgpu === null ? '' : ` ${vgpu}`}`;

export type VirtualFunctionName = {readonly of: PciAddress; readonly index: number; readonly vgpu: string | null};

/** `0000:04:00.0/virtfn2`, `04:00.0/virtfn2`; `null` for anything else. */
export const parseIdentity = (words: string): VirtualFunctionName | null => {
  const [, parent = '', digits = '', vgpu] =
    /^([^/]+)\/virtfn(\d{1,5})(?: ([A-Za-z0-9][\w .+-]{0,79}))?$/.exec(words) ?? [];
  const of = parsePciAddress(parent);
  return of === null || !isPciAddress(of) ? null : {of, index: Number(digits), vgpu: vgpu ?? null};
};

/** `- function: {of: {address: 0000:04:00.0, …}, index: 2}` */
export const virtualFunctionFormat = deviceFormat<ProfileVirtualFunction>({
  kind: 'virtual-function',
  marker: 'function',
  version: 2,
  keys,
  is: isProfileVirtualFunction,
  make: (values) => ({kind: 'virtual-function', ...values}),
  identity: ({function: {of, index, vgpu}}) => nameOfVirtualFunction(of.address, index, vgpu),
  sameness: ({function: {of, index}}) => identityOfVirtualFunction(of.address, index),
  addresses: ({function: {of}}) => [of.address],
});
