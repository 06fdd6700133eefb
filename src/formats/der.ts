/** Distinguished encoding (X.690) as far as certificates and signatures need it: a reader that stops where a length makes no sense. */
export type DerElement = {
  readonly tag: number;
  /** A view: what is written into it is written into the bytes that were read. */
  readonly content: Buffer;
  /** Of header and content. */
  readonly length: number;
};

export const tags = {integer: 0x02, object: 0x06, sequence: 0x30, set: 0x31, context0: 0xa0} as const;

/** The first element; `null` when the bytes hold no whole one. */
export const readDer = (bytes: Buffer): DerElement | null => {
  const tag = bytes[0];
  const first = bytes[1];
  // Tags of more than one byte occur in neither.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 4 || bytes.length < 2 + count) return null;
  const size = count === 0 ? first : bytes.readUIntBE(2, count);
  const start = 2 + count;
  return bytes.length < start + size ? null : {tag, content: bytes.subarray(start, start + size), length: start + size};
};

/** Elements one after the other, up to the first that is not whole. */
export const readDerList = (bytes: Buffer): readonly DerElement[] => {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const element = readDer(bytes.subarray(offset));
    if (element === null) break;
    elements.push(element);
    offset += element.length;
  }
  return elements;
};

export const isConstructed = ({tag}: DerElement): boolean => (tag & 0x20) !== 0;

/** UTF-8, printable, T61 and IA5 text: what names in certificates are written in. */
export const isText = ({tag}: DerElement): boolean => [0x0c, 0x13, 0x14, 0x16].includes(tag);
