import type {PciAddress} from '../../facts/pci-address.ts';
import {parsePciAddress} from '../../facts/pci-address.ts';
import {type KeyTable, orAbsent, orAuto} from '../../profile/codec.ts';
import {deviceFormat} from '../../profile/device-format.ts';
import type {Auto, ProfileDevice} from '../../profile/profile.ts';
import {macAddress, wholeNumber} from '../../profile/scalars.ts';
import {sectionOf} from '../../profile/sections.ts';
import {type NamedFunction, namedFunctionKeys} from '../named-function.ts';
import {mostVirtualFunctions, vlanNumber} from './virtual-function-format.ts';

/** Whichever virtual function of a network card is free when the guest starts; the card stays with the host. */
export type ProfilePooledFunction = {
  readonly kind: 'pooled-function';
  readonly anyFunction: {
    /** The physical function. */
    readonly of: NamedFunction;
    /** Virtual functions that it makes at boot, for all guests. */
    readonly count: Auto | number;
  };
  readonly mac: string | null;
  readonly vlan: number | null;
};

const anyFunctionKeys: KeyTable<ProfilePooledFunction['anyFunction']> = {
  of: {
    key: 'of',
    codec: sectionOf(namedFunctionKeys, () => null),
    meaning: 'The physical function: the network card or its port, which stays with the host.',
  },
  count: {
    key: 'count',
    codec: orAuto(wholeNumber(1, mostVirtualFunctions)),
    fallback: 'auto',
    meaning: 'How many it makes at boot; auto: as many as there are now and as guests need.',
  },
};

const keys: KeyTable<Omit<ProfilePooledFunction, 'kind'>> = {
  anyFunction: {
    key: 'anyFunction',
    codec: sectionOf(anyFunctionKeys, () => null),
    meaning: 'Any free virtual function (SR-IOV) of a network card, from a network of libvirt.',
  },
  mac: {
    key: 'mac',
    codec: orAbsent(macAddress),
    fallback: null,
    meaning: 'MAC address that it has in this guest; without it libvirt chooses one when it defines the guest.',
  },
  vlan: {
    key: 'vlan',
    codec: orAbsent(vlanNumber),
    fallback: null,
    meaning: 'VLAN that the card puts it in, without a word to the guest.',
  },
};

export const isProfilePooledFunction = (device: ProfileDevice): device is ProfilePooledFunction =>
  device.kind === 'pooled-function';

export const identityOfPooled = (of: PciAddress): string => `${of}/any`;

/** `0000:04:00.0/any`, `04:00.0/any`: the card; `null` for anything else. */
export const parsePooled = (words: string): PciAddress | null => {
  const [, card] = /^([^/]+)\/any$/.exec(words) ?? [];
  return card === undefined ? null : parsePciAddress(card);
};

/** `- anyFunction: {of: {address: 0000:04:00.0, …}}` */
export const pooledFunctionFormat = deviceFormat<ProfilePooledFunction>({
  kind: 'pooled-function',
  marker: 'anyFunction',
  version: 2,
  keys,
  is: isProfilePooledFunction,
  make: (values) => ({kind: 'pooled-function', ...values}),
  identity: ({anyFunction: {of}}) => identityOfPooled(of.address),
  addresses: ({anyFunction: {of}}) => [of.address],
});
