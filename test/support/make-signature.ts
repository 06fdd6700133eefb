/**
 * Bytes as sign-file, openssl and shim leave them, put together by hand; nothing is signed. The reader was compared
 * with modinfo on modules of Debian's linux-image-6.1.0-57-amd64.
 */
export type Named = {readonly serial: string; readonly issuer: string};

const der = (tag: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

const sequence = (...contents: readonly Buffer[]): Buffer => der(0x30, ...contents);
const set = (...contents: readonly Buffer[]): Buffer => der(0x31, ...contents);
const object = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
/** A leading zero where the number would else be negative. */
const integer = (hex: string): Buffer => der(0x02, Buffer.from(/^[89a-f]/.test(hex) ? `00${hex}` : hex, 'hex'));
const text = (value: string): Buffer => der(0x0c, Buffer.from(value));
const name = (commonName: string): Buffer => sequence(set(sequence(object('550403'), text(commonName))));
const sha256 = sequence(object('608648016503040201'), der(0x05));

export const makeCertificate = ({serial, issuer}: Named): Buffer => {
  const valid = sequence(der(0x17, Buffer.from('260101000000Z')), der(0x17, Buffer.from('360101000000Z')));
  const body = sequence(der(0xa0, integer('02')), integer(serial), sha256, name(issuer), valid, name(issuer));
  return sequence(body, sha256, der(0x03, Buffer.alloc(300, 0xa5)));
};

/** The PKCS#7 message, and the trailer that points at it. */
export const makeSignature = ({serial, issuer}: Named): Buffer => {
  const signer = sequence(
    integer('01'),
    sequence(name(issuer), integer(serial)),
    sha256,
    der(0x04, Buffer.alloc(256, 0x5a)),
  );
  const data = sequence(integer('01'), set(sha256), sequence(object('2a864886f70d010701')), set(signer));
  const message = sequence(object('2a864886f70d010702'), der(0xa0, data));
  const trailer = Buffer.alloc(12);
  trailer[2] = 2;
  trailer.writeUInt32BE(message.length, 8);
  return Buffer.concat([message, trailer, Buffer.from('~Module signature appended~\n')]);
};

const unsignedModule = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(3000, 0x11)]);

export const makeModule = (signer: Named | null): Buffer =>
  signer === null ? unsignedModule : Buffer.concat([unsignedModule, makeSignature(signer)]);

/** One list for each certificate, as in MokListRT; a list of hashes comes first, as a key may be enrolled by hash too. */
export const makeSignatureLists = (keys: readonly Named[]): Buffer => {
  const list = (guid: string, data: Buffer): Buffer => {
    const header = Buffer.alloc(28);
    header.write(guid, 'hex');
    header.writeUInt32LE(28 + 16 + data.length, 16);
    header.writeUInt32LE(16 + data.length, 24);
    return Buffer.concat([header, Buffer.alloc(16, 0x77), data]);
  };
  return Buffer.concat([
    list('2616c4c14c509240aca941f936934328', Buffer.alloc(32, 1)),
    ...keys.map((key) => list('a159c0a5e494a74a87b5ab155c2bf072', makeCertificate(key))),
  ]);
};

const efivars = '/sys/firmware/efi/efivars';
const shim = '605dab50-e046-4300-abb6-3dd810dd8b23';
export const mokListPath = `${efivars}/MokListRT-${shim}`;
export const mokNewPath = `${efivars}/MokNew-${shim}`;
const attributes = Buffer.from([6, 0, 0, 0]);

/** What the kernel shows of a machine that started with Secure Boot through shim. */
export const secureBootFiles = (
  enrolled: readonly Named[],
  lockdown: 'none' | 'integrity' = 'integrity',
): Readonly<Record<string, string | Buffer>> => ({
  [`${efivars}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`]: Buffer.concat([attributes, Buffer.from([1])]),
  [mokListPath]: Buffer.concat([attributes, makeSignatureLists(enrolled)]),
  '/sys/kernel/security/lockdown':
    lockdown === 'none' ? '[none] integrity confidentiality\n' : 'none [integrity] confidentiality\n',
  '/sys/module/module/parameters/sig_enforce': 'N\n',
});
