import type {PciAddress, PciId} from '../facts/pci-address.ts';
import {type KeyRule, type KeyTable, listOf, orAbsent} from '../profile/codec.ts';
import {absolutePath, pciAddress, pciId} from '../profile/scalars.ts';

/** A PCI function, named by what stays true when slots move, and by the address it had; both are checked on replay. */
export type NamedFunction = {
  readonly address: PciAddress;
  readonly id: PciId | null;
  readonly subsystem: PciId | null;
  /** Bridges above it, root port first. */
  readonly upstream: readonly PciAddress[] | null;
};

export const romKey: KeyRule<string | null> = {
  key: 'rom',
  codec: orAbsent(absolutePath),
  fallback: null,
  meaning: 'ROM image that the guest sees instead of the card’s own.',
};

export const namedFunctionKeys: KeyTable<NamedFunction> = {
  address: {
    key: 'address',
    codec: pciAddress,
    meaning: 'Where the device was; checked on replay against the other keys.',
  },
  id: {
    key: 'id',
    codec: orAbsent(pciId),
    fallback: null,
    meaning: 'Vendor and device, which stay true when slots move.',
  },
  subsystem: {
    key: 'subsystem',
    codec: orAbsent(pciId),
    fallback: null,
    meaning: 'Vendor and model of the board, which tells cards with one chip apart.',
  },
  upstream: {
    key: 'upstream',
    codec: orAbsent(listOf(pciAddress, {minimum: 1, maximum: 32})),
    fallback: null,
    meaning: 'Bridges above it, root port first.',
  },
};
