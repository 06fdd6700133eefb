/**
 * An element of `xen-pciback.hide=` (kernel: drivers/xen/xen-pciback/pci_stub.c, pcistub_init); `slot` and `number` are
 * `null` for `*`.
 */
export type HideElement = {
  readonly segment: number;
  readonly bus: number;
  readonly slot: number | null;
  readonly number: number | null;
};

export type HideList = {
  readonly elements: readonly HideElement[];
  /** The first piece that the driver does not understand: it then takes no device at all. `null`: it understands all. */
  readonly bad: string | null;
};

const element = /^\s*\((?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):(?:([0-9a-f]{1,2})\.([0-7]|\*)|(\*)\.\*)\)\s*/i;

/** The kernel's grammar: elements in parentheses without commas, the domain left out or not. */
export const parseHideList = (value: string): HideList => {
  const elements: HideElement[] = [];
  let rest = value;
  let bad: string | null = null;
  while (rest !== '') {
    const match = element.exec(rest);
    if (match === null) {
      const piece = /^\s*\(?[^()]*\)?/.exec(rest)?.[0] || rest.slice(0, 1);
      bad ??= piece.trim() || rest.trim();
      rest = rest.slice(piece.length);
      continue;
    }
    const [whole, segment = '0', bus = '', slot, number] = match;
    const hex = (text: string | undefined): number | null =>
      text === undefined || text === '*' ? null : Number.parseInt(text, 16);
    elements.push({segment: hex(segment) ?? 0, bus: hex(bus) ?? 0, slot: hex(slot), number: hex(number)});
    rest = rest.slice(whole.length);
  }
  return {elements, bad};
};

/** The one form that the kernel and XAPI both read: `(0000:41:00.0)(0000:41:00.1)`. */
export const renderHideList = (addresses: readonly string[]): string =>
  [...new Set(addresses)]
    .sort()
    .map((address) => `(${address})`)
    .join('');
