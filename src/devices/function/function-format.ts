import type {KeyTable} from '../../profile/codec.ts';
import {deviceFormat} from '../../profile/device-format.ts';
import type {ProfileDevice} from '../../profile/profile.ts';
import {type NamedFunction, namedFunctionKeys, romKey} from '../named-function.ts';

/** A PCI function as a whole. */
export type ProfileFunction = NamedFunction & {
  readonly kind: 'function';
  /** Absolute path of a ROM image for the guest. */
  readonly rom: string | null;
};

const keys: KeyTable<Omit<ProfileFunction, 'kind'>> = {
  ...namedFunctionKeys,
  rom: romKey,
};

export const isProfileFunction = (device: ProfileDevice): device is ProfileFunction => device.kind === 'function';

/** `- address: 0000:01:00.0`, and what else is known of it. */
export const functionFormat = deviceFormat<ProfileFunction>({
  kind: 'function',
  marker: 'address',
  version: 1,
  keys,
  is: isProfileFunction,
  make: (values) => ({kind: 'function', ...values}),
  identity: ({address}) => address,
  addresses: ({address}) => [address],
});
