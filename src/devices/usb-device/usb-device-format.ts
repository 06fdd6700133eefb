import {type KeyTable, orAbsent} from '../../profile/codec.ts';
import {deviceFormat} from '../../profile/device-format.ts';
import type {ProfileDevice} from '../../profile/profile.ts';
import {patterned, usbId} from '../../profile/scalars.ts';
import {sectionOf} from '../../profile/sections.ts';

/** A device on USB, which the guest gets when it starts or when the device is plugged in. */
export type ProfileUsbDevice = {
  readonly kind: 'usb-device';
  readonly usb: {
    /** Vendor and product. */
    readonly id: string;
    /** Where it is plugged in; `null`: anywhere. */
    readonly port: string | null;
  };
};

const usbKeys: KeyTable<ProfileUsbDevice['usb']> = {
  id: {key: 'id', codec: usbId, meaning: 'Vendor and product of a USB device.'},
  port: {
    key: 'port',
    codec: orAbsent(
      patterned(
        'USB port (`1-4.2`)',
        '^[0-9]{1,3}-[0-9]{1,3}(\\.[0-9]{1,3}){0,6}$',
        'is not a USB port',
        'Write it as `ls /sys/bus/usb/devices` shows it: `1-4.2` is port 2 of the hub at port 4 of bus 1.',
      ),
    ),
    fallback: null,
    meaning: 'Where it is plugged in, which tells two equal ones apart; without it anywhere.',
  },
};

const keys: KeyTable<Omit<ProfileUsbDevice, 'kind'>> = {
  usb: {
    key: 'usb',
    codec: sectionOf(usbKeys, () => null),
    meaning: 'A USB device, which the guest gets when it starts or when it is plugged in.',
  },
};

export const isProfileUsbDevice = (device: ProfileDevice): device is ProfileUsbDevice => device.kind === 'usb-device';

/** `usb/046d:c21f`, `usb/046d:c21f@1-4.2` */
export const nameOfUsb = (id: string, port: string | null): string => `usb/${id}${port === null ? '' : `@${port}`}`;

/** The inverse, also of a port alone (`usb/1-4.2`); `null` for anything else. */
export const parseUsbName = (words: string): {readonly id: string | null; readonly port: string | null} | null => {
  const [, id, , port, alone] =
    /^usb\/(?:([0-9a-f]{4}:[0-9a-f]{4})(@(\d[\d.-]*))?|(\d+-\d[\d.]*))$/.exec(words.toLowerCase()) ?? [];
  if (id === undefined && alone === undefined) return null;
  return {id: id ?? null, port: port ?? alone ?? null};
};

/** `- usb: {id: 046d:c21f}` */
export const usbDeviceFormat = deviceFormat<ProfileUsbDevice>({
  kind: 'usb-device',
  marker: 'usb',
  version: 2,
  keys,
  is: isProfileUsbDevice,
  make: (values) => ({kind: 'usb-device', ...values}),
  identity: ({usb: {id, port}}) => nameOfUsb(id, port),
  addresses: () => [],
});
