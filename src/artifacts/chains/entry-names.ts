/** Before the last dot, so that the boot loader sorts the entry directly before the one that it was made from. */
const mark = '.vfio-pilot-';
const own = /\.vfio-pilot-[0-9a-f]{8}(?=\.conf$|\.efi$|\.img$|$)/;

/** `arch.conf` → `arch.vfio-pilot-0a1b2c3d.conf`, `initrd` → `initrd.vfio-pilot-0a1b2c3d`. */
export const ownName = (path: string, digest: string): string => {
  const [, stem = path, extension = ''] = /^(.*?)(\.(?:conf|efi|img))?$/s.exec(path) ?? [];
  return `${stem}${mark}${digest}${extension}`;
};

export const withoutOwnName = (name: string): string => name.replace(own, '');

export const isOwnEntry = (path: string): boolean => own.test(path);

/** `/boot/loader/entries/arch+2-1.conf` → `arch.conf` (systemd: Automatic Boot Assessment). */
export const entryId = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\+\d+(?:-\d+)?(?=\.conf$|\.efi$)/, '');

/** A name of its own for each content: what lies on an EFI partition is never written over. */
export const contentDigest = (parts: readonly string[]): string => {
  // FNV-1a: the names need to differ, not to keep a secret.
  let hash = 0x811c9dc5;
  for (const character of parts.join('\0')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
};
