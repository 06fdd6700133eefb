import {type DerElement, isConstructed, isText, readDer, readDerList, tags} from './der.ts';

/** How signatures name a certificate (X.509: issuer and serial number). */
export type CertificateName = {readonly serial: string; readonly issuer: string | null};

/** `null` when the bytes are no certificate in DER. */
export const parseCertificate = (bytes: Buffer): CertificateName | null => {
  const whole = readDer(bytes);
  const [body] = whole?.tag === tags.sequence ? readDerList(whole.content) : [];
  if (body?.tag !== tags.sequence) return null;
  // TBSCertificate: [0] version, serialNumber, signature, issuer …
  const [serial, , issuer] = readDerList(body.content).filter(({tag}) => tag !== tags.context0);
  return issuer === undefined ? null : nameOf(issuer, serial);
};

export const nameOf = (issuer: DerElement | undefined, serial: DerElement | undefined): CertificateName | null =>
  issuer?.tag !== tags.sequence || serial?.tag !== tags.integer || serial.content.length === 0
    ? null
    : {serial: serial.content.toString('hex').replace(/^0+(?=.)/, ''), issuer: commonNameOf(issuer)};

/** 2.5.4.3 */
const commonName = Buffer.from([0x55, 0x04, 0x03]);

const commonNameOf = (name: DerElement): string | null => {
  for (const set of readDerList(name.content))
    for (const pair of readDerList(set.content)) {
      const [type, value] = readDerList(pair.content);
      if (type?.tag === tags.object && type.content.equals(commonName) && value !== undefined && isText(value))
        return printable(value.content.toString('utf8'));
    }
  return null;
};

/** It goes to a terminal, and whoever made the key chose it. */
export const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);

/** Hands over each piece of text in the bytes, as a view that may be overwritten. */
export const eachText = (bytes: Buffer, visit: (text: Buffer) => void, depth = 0): void => {
  // Certificates are nested ten deep at most.
  if (depth > 24) return;
  for (const element of readDerList(bytes)) {
    if (isText(element)) visit(element.content);
    else if (isConstructed(element)) eachText(element.content, visit, depth + 1);
  }
};
