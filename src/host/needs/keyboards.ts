import type {HostNeed} from '../../facts/needs.ts';
import {parsePciAddress, type PciAddress} from '../../facts/pci-address.ts';
import {readIsPortable} from '../chassis.ts';
import type {Source} from '../../system/source.ts';
import {pciAddressesOf, realDevicePath} from '../pci/pci-function.ts';

/**
 * Controllers that a keyboard hangs on. One that has a spare keyboard on another controller is needed only when that
 * goes too. A portable machine keeps its own keyboard at the PS/2 port; on a desktop what shows there may be the
 * firmware's imitation of a USB keyboard, so it is no spare.
 */
export const readKeyboardNeeds = (source: Source): readonly HostNeed[] => {
  const blocks = (source.text('/proc/bus/input/devices') ?? '').split(/\n\s*\n/);
  const mice = new Set(blocks.filter(isMouse).map(usbDeviceOf));
  const keyboards = blocks.filter(isKeyboard).map((block) => readKeyboard(source, block, mice));
  if (readIsPortable(source) === true && keyboards.some(({isPs2}) => isPs2)) return [];
  const plain = [...new Set(keyboards.filter(({isPlain}) => isPlain).flatMap(({addresses}) => addresses))];
  return keyboards.flatMap(({words, addresses}) => addresses.map((address) => needOf(words, address, plain)));
};

const needOf = (words: string, address: PciAddress, plain: readonly PciAddress[]): HostNeed => ({
  address,
  kind: 'keyboard',
  chain: `${words} → ${address}`,
  spares: plain.filter((other) => other !== address),
});

type Keyboard = {
  readonly words: string;
  readonly addresses: readonly PciAddress[];
  readonly isPs2: boolean;
  readonly isPlain: boolean;
};

/** Mice, receivers and remote consoles have keys too; only what is nothing but a keyboard, on a cable, is a spare. */
const readKeyboard = (source: Source, block: string, mice: ReadonlySet<string | null>): Keyboard => {
  const name = /^N: Name="(.*)"$/m.exec(block)?.[1] ?? 'unnamed';
  const path = /^S: Sysfs=(.*)$/m.exec(block)?.[1] ?? '';
  const address =
    pciAddressesOf(path).at(-1) ?? parsePciAddress(/^P: Phys=usb-([0-9a-f:]+\.[0-7])-/m.exec(block)?.[1] ?? '');
  const isWireless = /^I: Bus=0005\b/m.test(block);
  const usb = usbDeviceOf(block);
  return {
    words: `keyboard "${name}"${address === null && isWireless ? ' → Bluetooth' : ''}`,
    addresses: address === null ? (isWireless ? bluetoothControllers(source) : []) : [address],
    isPs2: /\/i8042\/serio\d+/.test(path),
    isPlain: !isWireless && (usb === null || !mice.has(usb)),
  };
};

/** BlueZ makes its keyboards itself (uhid), without a link to the adapter. */
const bluetoothControllers = (source: Source): readonly PciAddress[] => {
  const adapters = source.list('/sys/class/bluetooth').filter((name) => /^hci\d+$/.test(name));
  return [
    ...new Set(
      adapters.flatMap(
        (name) => pciAddressesOf(realDevicePath(source, `/sys/class/bluetooth/${name}`) ?? '').at(-1) ?? [],
      ),
    ),
  ];
};

/** Path of the USB device, whose interfaces (`1-2:1.0`) may be a keyboard and a mouse. */
const usbDeviceOf = (block: string): string | null =>
  /^S: Sysfs=(.*\/\d+-[\d.]+)\/\d+-[\d.]+:/m.exec(block)?.[1] ?? null;

/** It moves in X and Y (kernel: input-event-codes.h, REL_X and REL_Y). */
const isMouse = (block: string): boolean =>
  (Number.parseInt(/^B: REL=(?:.* )?([0-9a-f]+)$/m.exec(block)?.[1] ?? '0', 16) & 3) === 3;

/** Mice and power buttons have a `kbd` handler too; a keyboard has the keys from Escape to S (udev's input_id judges so). */
const isKeyboard = (block: string): boolean => {
  const handlers = /^H: Handlers=(.*)$/m.exec(block)?.[1]?.split(/\s+/) ?? [];
  if (!handlers.includes('kbd')) return false;
  const keys = /^B: KEY=(.*)$/m.exec(block)?.[1]?.trim().split(/\s+/).at(-1);
  if (keys === undefined) return /^B: EV=12001[0-9a-f]$/m.test(block);
  const mask = 0xfffffffen;
  return /^[0-9a-f]{1,16}$/.test(keys) && (BigInt(`0x${keys}`) & mask) === mask;
};
