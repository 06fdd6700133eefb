/** An archive as cpio writes it (`-H newc`), with its trailer. */
export const makeCpio = (members: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(
    [...Object.entries(members), ['TRAILER!!!', ''] as const].map(([name, text]) =>
      makeMember(name, Buffer.from(text)),
    ),
  );

const makeMember = (name: string, data: Buffer): Buffer => {
  const numbers = [1, 0o100644, 0, 0, 1, 0, data.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.from(`${header}${name}\0`)), padded(data)]);
};

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
