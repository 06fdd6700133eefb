/**
 * Eight hexadecimal digits that make names of files differ where texts do: FNV-1a, as the names need to differ and not to
 * keep a secret.
 */
export const contentDigest = (parts: readonly string[]): string => {
  let hash = 0x811c9dc5;
  for (const character of parts.join('\0')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
};
