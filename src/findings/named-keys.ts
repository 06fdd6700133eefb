/** A key of the profile in a sentence: guest.cdrom, binding: libvirt, host.acceptLossOf: [0000:06:00.0]. */
export type NamedKey = {readonly key: string; readonly value: string | null};

/**
 * How findings name the keys of a profile, so that a face that is no file can say them in its own words. `devices` in
 * backticks is the list, `mdev: {…}` is a device of it, and devices[].rom is a key of each.
 */
const pattern =
  /`(devices|function|mdev|usb|match)(?:: (\{[^`]*\}))?`|`?\b((?:cpu|memory|guest|host)\.[a-z][A-Za-z0-9]*|binding(?=:)|devices\[\](?:\.[a-z][A-Za-z]*)+)(?:: (\[[^\]]*\]|[\w-]+))?`?/g;

const read = ([, device, map, key = '', value]: readonly (string | undefined)[]): NamedKey =>
  device === undefined ? {key, value: value ?? null} : {key: device, value: map ?? null};

/** `undefined` keeps the words. */
export const replaceKeys = (text: string, say: (named: NamedKey) => string | undefined): string =>
  text.replaceAll(pattern, (...match: readonly (string | undefined)[]) => say(read(match)) ?? match[0] ?? '');

export const keysNamedIn = (text: string): readonly NamedKey[] => [...text.matchAll(pattern)].map(read);
