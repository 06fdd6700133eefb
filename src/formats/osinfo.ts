import {
  attributeOf,
  childNamed,
  childrenNamed,
  elementsAt,
  parseXmlBeginning,
  type XmlElement,
} from './xml/document.ts';
import type {IsoVolume} from './iso9660.ts';

/** A system that osinfo-db knows (a file of /usr/share/osinfo/os). */
export type KnownSystem = {
  /** `http://microsoft.com/win/11`, as libvirt's metadata names it. */
  readonly id: string;
  /** `win11` */
  readonly shortId: string;
  readonly name: string;
  /** `winnt`, `linux` */
  readonly family: string | null;
  /** What it needs at least; `null` where the file does not say. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly storageBytes: number | null;
};

/** The first system of such a file, when this is a medium of it for this architecture; `null` otherwise. */
export const systemOnMedium = (xml: string, volume: IsoVolume, architecture: string): KnownSystem | null => {
  const {root} = parseXmlBeginning(xml);
  const system = childNamed(root, 'os');
  const media = childrenNamed(system, 'media').filter((medium) =>
    [architecture, 'all'].includes(attributeOf(medium, 'arch') ?? 'all'),
  );
  return system !== null && media.some((medium) => isMedium(childNamed(medium, 'iso'), volume))
    ? describe(system, architecture)
    : null;
};

/** Each pattern that is there has to be found, anywhere in the text, as libosinfo does it; a medium without one is none. */
const isMedium = (iso: XmlElement | null, volume: IsoVolume): boolean => {
  const asked = [
    ['volume-id', volume.volumeId],
    ['system-id', volume.systemId],
    ['publisher-id', volume.publisherId],
    ['application-id', volume.applicationId],
  ] as const;
  const patterns = asked.flatMap(([name, text]) => {
    const pattern = childNamed(iso, name)?.text.trim();
    return pattern === undefined || pattern === '' ? [] : [{name, pattern, text}];
  });
  return patterns.some(({name}) => name === 'volume-id') && patterns.every(({pattern, text}) => isFound(pattern, text));
};

/**
 * A pattern of a captured tree may be anybody's, and one with a repeated group can take for ever on 128 characters. So
 * can many repetitions: three take up to 80 ms there, four 3 s, six hours. Those of osinfo-db 20221130 have three at most.
 */
const isFound = (pattern: string, text: string): boolean => {
  if (pattern.length > 1000 || /\)[*+{]/.test(pattern) || (pattern.match(/[*+{]/g) ?? []).length > 3) return false;
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
};

const describe = (system: XmlElement, architecture: string): KnownSystem => {
  const least = childrenNamed(system, 'resources')
    .filter((resources) => [architecture, 'all'].includes(attributeOf(resources, 'arch') ?? 'all'))
    .flatMap((resources) => childrenNamed(resources, 'minimum'));
  const leastOf = (name: string): number | null => {
    const text = least.map((one) => childNamed(one, name)?.text.trim()).find((one) => one !== undefined);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  const textOf = (name: string): string | null => elementsAt(system, name)[0]?.text.trim() ?? null;
  return {
    id: attributeOf(system, 'id') ?? '',
    shortId: textOf('short-id') ?? '',
    name: textOf('name') ?? textOf('short-id') ?? '',
    family: textOf('family'),
    cpus: leastOf('n-cpus'),
    memoryBytes: leastOf('ram'),
    storageBytes: leastOf('storage'),
  };
};
