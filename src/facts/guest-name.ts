/**
 * Names that libvirt's guests and networks may have here: letters and digits of any script, with blanks between them, and signs that
 * mean nothing inside single quotes. libvirt itself forbids little more than `/` (src/conf/domain_conf.c).
 */
export const guestNamePattern =
  '^[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N} ._+()@#&!=:\\[\\]\\-]{0,61}[\\p{L}\\p{M}\\p{N}._+()@#&!=:\\[\\]\\-])?$';

const isGuestName = new RegExp(guestNamePattern, 'u');

export const mayNameGuest = (text: string): boolean => isGuestName.test(text);

/**
 * The name as a part of a file name: what is neither letter, digit nor one of `._+-` is percent-encoded. No name has a
 * `%`, so that no two guests share a file.
 */
export const fileNameOfGuest = (name: string): string =>
  name.replace(
    /[^\p{L}\p{M}\p{N}._+-]/gu,
    (sign) => `%${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}`,
  );

export const guestOfFileName = (text: string): string =>
  text.replace(/%([2-7][0-9A-F])/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)));
