import {contentDigest} from '../formats/content-digest.ts';

/**
 * A guest's name as a part of the name of a unit, which holds ASCII letters, digits and few signs (systemd.unit(5)), and
 * of a file name of 255 bytes. Where something had to be replaced, a digest of the name tells guests apart.
 */
export const unitNamePart = (name: string): string => {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(0, 64);
  return plain === name ? plain : `${plain}-${contentDigest([name])}`;
};
