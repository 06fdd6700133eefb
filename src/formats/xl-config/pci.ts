/** An element of `pci = [ … ]` (xl-pci-configuration(5)); `bdf` as written, `04:00.*` included. */
export type XlPciDevice = {
  readonly bdf: string;
  /** Text from the first comma on, as written: `,rdm_policy=relaxed`. */
  readonly options: string;
};

export const parseXlPci = (element: string): XlPciDevice | null => {
  const [, named, rest = ''] = /^([^,]*)(,.*)?$/s.exec(element) ?? [];
  if (named === undefined) return null;
  const option = [named, ...rest.split(',')].find((part) => part.trim().startsWith('bdf='));
  const bdf = (option === undefined ? named : option.trim().slice('bdf='.length)).replace(/@[0-9a-f]+$/i, '').trim();
  return /^(?:[0-9a-f]{1,4}:)?[0-9a-f]{1,2}:[0-9a-f]{1,2}\.(?:[0-7]|\*)$/i.test(bdf) ? {bdf, options: rest} : null;
};

/** Whether it gives this function, `0000:41:00.0`. */
export const givesFunction = ({bdf}: XlPciDevice, address: string): boolean => {
  const [, domain = '0', bus = '', slot = '', number = ''] =
    /^(?:([0-9a-f]+):)?([0-9a-f]+):([0-9a-f]+)\.(.)$/i.exec(bdf) ?? [];
  const hex = (text: string): number => Number.parseInt(text, 16);
  const [, ownDomain = '', ownBus = '', ownSlot = '', own = ''] =
    /^([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\.(\d)$/.exec(address) ?? [];
  return (
    hex(domain) === hex(ownDomain) &&
    hex(bus) === hex(ownBus) &&
    hex(slot) === hex(ownSlot) &&
    (number === '*' || number === own)
  );
};
