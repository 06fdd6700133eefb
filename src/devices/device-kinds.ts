import type {PciAddress} from '../facts/pci-address.ts';
import {type DeviceFormat, formatOf} from '../profile/device-format.ts';
import type {ProfileDevice} from '../profile/profile.ts';
import type {DeviceKind} from './device-kind.ts';
import {functionKind} from './function/function-kind.ts';
import {selectorFormat} from './selector/selector-format.ts';
import {mediatedDeviceKind} from './mediated-device/mediated-device-kind.ts';
import {usbDeviceKind} from './usb-device/usb-device-kind.ts';
import {pooledFunctionKind} from './virtual-function/pooled-function-kind.ts';
import {virtualFunctionKind} from './virtual-function/virtual-function-kind.ts';

/** Every kind of device that can go to a guest. The first one says what is wrong with an item that is of none. */
export const deviceKinds: readonly DeviceKind[] = [
  functionKind,
  virtualFunctionKind,
  pooledFunctionKind,
  usbDeviceKind,
  mediatedDeviceKind,
];

/** Whatever an item of `devices` may be in a file; a selector becomes a function on the host. */
export const deviceFormats: readonly DeviceFormat[] = [...deviceKinds, selectorFormat];

/** How a person knows a device of a profile: `0000:06:00.0`, `0000:04:00.0/virtfn2`, `id 10de:2504, not the boot card`. */
export const identityOf = (device: ProfileDevice): string => formatOf(deviceFormats, device.kind).identity(device);

/** PCI functions of this host that a device of a profile names, itself or the one that it is a part of; of a selector none. */
export const addressesOf = (device: ProfileDevice): readonly PciAddress[] =>
  formatOf(deviceFormats, device.kind).addresses(device);
