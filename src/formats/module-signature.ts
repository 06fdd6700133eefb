import {type CertificateName, nameOf} from './certificate.ts';
import {readDer, readDerList, tags} from './der.ts';

/** What sign-file puts at the end of a module (kernel: include/uapi/linux/module_signature.h). */
const magic = Buffer.from('~Module signature appended~\n', 'latin1');
const headerBytes = 12;
export const trailerBytes = headerBytes + magic.length;

/** Far more than a signature has. */
const maximumBytes = 64 * 1024;

/** Bytes of the signature alone, from the last bytes of a module; 0 where it has none. */
export const signatureBytes = (end: Buffer): number => {
  if (end.length < trailerBytes || !end.subarray(-magic.length).equals(magic)) return 0;
  const length = end.readUInt32BE(end.length - magic.length - 4);
  return length > maximumBytes ? 0 : length;
};

export const isSigned = (end: Buffer): boolean =>
  end.length >= magic.length && end.subarray(-magic.length).equals(magic);

/** Of the end of a signed module; `null` where the signature names no certificate, or makes no sense. */
export const signerOf = (end: Buffer): CertificateName | null => {
  const length = signatureBytes(end);
  const start = end.length - trailerBytes - length;
  if (length === 0 || start < 0) return null;
  return parseSigner(end.subarray(start, start + length));
};

/** PKCS#7 (RFC 2315): contentType, [0] { version, digests, content, [0] certificates, signerInfos }. */
const parseSigner = (bytes: Buffer): CertificateName | null => {
  const [, wrapped] = readDerList(readDer(bytes)?.content ?? Buffer.alloc(0));
  const data = wrapped?.tag === tags.context0 ? readDer(wrapped.content) : null;
  const signers = data === null ? undefined : readDerList(data.content).findLast(({tag}) => tag === tags.set);
  const [signer] = signers === undefined ? [] : readDerList(signers.content);
  const [, id] = signer === undefined ? [] : readDerList(signer.content);
  // Otherwise it names the key by an identifier of its own ([0]).
  if (id?.tag !== tags.sequence) return null;
  const [issuer, serial] = readDerList(id.content);
  return nameOf(issuer, serial);
};
