/** An element of `other-config:pci`. */
export type VmPciDevice = {
  /** The order in which XAPI plugs them in; no bus. */
  readonly order: number;
  /** `0000:41:00.0` */
  readonly address: string;
};

export type VmPciList = {
  readonly devices: readonly VmPciDevice[];
  /** Elements that XAPI drops without a word, as they are written. */
  readonly dropped: readonly string[];
};

/**
 * `N/dddd:bb:ss.f`, joined by commas without blanks, as XAPI scans it (xen-api: pciops.ml): a number, a slash, the whole
 * address. What comes behind the function is ignored; what does not scan is left out of the VM.
 */
export const parseVmPci = (text: string): VmPciList => {
  const elements = text === '' ? [] : text.split(',');
  const read = elements.map((element): VmPciDevice | string => {
    const [, order, address] = /^(\d+)\/([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])/i.exec(element) ?? [];
    return order === undefined || address === undefined
      ? element
      : {order: Number(order), address: address.toLowerCase()};
  });
  return {
    devices: read.filter((one) => typeof one !== 'string'),
    dropped: read.filter((one) => typeof one === 'string'),
  };
};

/** Devices of others keep their order, and our own ones follow: equal numbers would be plugged in from the last to the first. */
export const mergeVmPci = (present: string, wanted: readonly string[]): string => {
  const {devices} = parseVmPci(present);
  const kept = devices.filter(({address}, index) => devices.findIndex((one) => one.address === address) === index);
  const has = (address: string): boolean => kept.some((one) => one.address === address);
  const first = Math.max(-1, ...kept.map(({order}) => order)) + 1;
  const added = wanted.filter((address) => !has(address)).map((address, index) => ({order: first + index, address}));
  return [...kept, ...added].map(({order, address}) => `${order}/${address}`).join(',');
};
