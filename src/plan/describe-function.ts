import type {PciFunction} from '../host/facts.ts';

export const idOf = (device: PciFunction): string => `${device.vendor}:${device.device}`;

/** `vfio-pci.ids=` and `new_id` as the kernel reads them. */
export const idList = (functions: readonly PciFunction[]): string => [...new Set(functions.map(idOf))].join(',');

export const isDisplay = (device: PciFunction): boolean => device.class.startsWith('03');

export const isNvidia = (device: PciFunction): boolean => device.vendor === '10de';

/** `0000:06:00.1 (10de:0fb9, GP107GL High Definition Audio Controller, snd_hda_intel)` */
export const describeFunction = (device: PciFunction): string =>
  `${device.address} (${[idOf(device), device.name, device.driver].filter((part) => part !== null).join(', ')})`;

/** Functions of one card share domain, bus and slot. */
export const slotOf = (address: string): string => address.slice(0, address.lastIndexOf('.'));
