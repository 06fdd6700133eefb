import {type CertificateName, parseCertificate} from './certificate.ts';

/** EFI_CERT_X509_GUID, a5c059a1-94e4-4aa7-87b5-ab155c2bf072, as firmware stores it (UEFI: signature database). */
const x509 = Buffer.from('a159c0a5e494a74a87b5ab155c2bf072', 'hex');
const listHeaderBytes = 28;
const ownerBytes = 16;
/** Firmware has less than that for all of its variables. */
const maximumBytes = 1024 * 1024;

/** Certificates of lists one after the other; hashes, which name no key, are left out. `null` when a size makes no sense. */
export const certificatesOf = (bytes: Buffer): readonly Buffer[] | null => {
  if (bytes.length > maximumBytes) return null;
  const certificates: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (bytes.length - offset < listHeaderBytes) return null;
    const listSize = bytes.readUInt32LE(offset + 16);
    const headerSize = bytes.readUInt32LE(offset + 20);
    const size = bytes.readUInt32LE(offset + 24);
    const end = offset + listSize;
    const first = offset + listHeaderBytes + headerSize;
    if (size <= ownerBytes || end > bytes.length || first + size > end) return null;
    if (bytes.subarray(offset, offset + x509.length).equals(x509))
      for (let at = first; at + size <= end; at += size) certificates.push(bytes.subarray(at + ownerBytes, at + size));
    offset = end;
  }
  return certificates;
};

export const parseSignatureLists = (bytes: Buffer): readonly CertificateName[] | null =>
  certificatesOf(bytes)?.flatMap((certificate) => parseCertificate(certificate) ?? []) ?? null;
