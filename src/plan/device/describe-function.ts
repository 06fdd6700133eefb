import type {PciId} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';

export const idOf = (device: Pick<PciFunction, 'vendor' | 'device'>): PciId => `${device.vendor}:${device.device}`;

/** `vfio-pci.ids=` and `new_id` as the kernel reads them. */
export const idList = (functions: readonly PciFunction[]): string => [...new Set(functions.map(idOf))].join(',');

export const isNvidia = (device: PciFunction): boolean => device.vendor === '10de';

/** `0000:06:00.1 (10de:0fb9, GP107GL High Definition Audio Controller, snd_hda_intel)` */
export const describeFunction = (device: PciFunction): string =>
  `${device.address} (${[idOf(device), device.name, device.driver].filter((part) => part !== null).join(', ')})`;
