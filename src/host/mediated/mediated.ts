import {parsePciAddress} from '../../facts/pci-address.ts';
import type {
  MediatedAutostart,
  MediatedDevice,
  MediatedFacts,
  MediatedParent,
  MediatedType,
} from '../../facts/mediated.ts';
import type {Source} from '../../system/source.ts';
import {vramMiBOf} from './vram.ts';

const parents = '/sys/class/mdev_bus';
const devices = '/sys/bus/mdev/devices';

/** Mediated devices, and what can make some; a file that is missing is unknown, never 0. */
export const readMediated = (source: Source): MediatedFacts => ({
  parents: mediatedParents(source).map((name) => readParent(source, name)),
  devices: source
    .list(devices)
    .filter(isUuid)
    .flatMap((uuid) => readDevice(source, uuid)),
  autostart: readAutostart(source),
});

/** Names of all devices whose drivers make slices. */
export const mediatedParents = (source: Source): readonly string[] => source.list(parents).filter(isPlain);

/** Of a captured tree it may be anything, and it comes into scripts and file names. */
const isPlain = (name: string): boolean => /^[\w:@+!-][\w:@.+!-]{0,63}$/.test(name);
const isUuid = (name: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);

const readParent = (source: Source, name: string): MediatedParent => {
  const own = `${parents}/${name}`;
  const types = `${own}/mdev_supported_types`;
  return {
    name,
    address: parsePciAddress(name),
    driver: baseName(source.link(`${source.resolve(own) ?? own}/driver`)),
    numaNode: parseCount(source.text(`${own}/numa_node`)),
    types: source
      .list(types)
      .filter(isPlain)
      .map((id) => readType(source, `${types}/${id}`, id)),
  };
};

const readType = (source: Source, directory: string, id: string): MediatedType => {
  const text = (file: string): string | null => source.text(`${directory}/${file}`)?.trim() ?? null;
  const [name, description] = [text('name'), text('description')];
  return {
    id,
    name,
    description,
    vramMiB: vramMiBOf(name, description),
    available: parseCount(text('available_instances')),
    api: text('device_api'),
  };
};

/** The link leads into the directory of the parent. */
const readDevice = (source: Source, uuid: string): readonly MediatedDevice[] => {
  const real = source.resolve(`${devices}/${uuid}`);
  const parent = real?.split('/').at(-2);
  if (real === null || parent === undefined || !isPlain(parent)) return [];
  return [{uuid, parent, type: baseName(source.link(`${real}/mdev_type`))}];
};

const rules = ['/etc/udev/rules.d', '/usr/lib/udev/rules.d', '/lib/udev/rules.d'].map(
  (directory) => `${directory}/60-mdevctl.rules`,
);

/** Debian 12 and 13 install the program somewhere else than where their own rule looks for it. */
const readAutostart = (source: Source): MediatedAutostart | null => {
  for (const rule of rules) {
    const text = source.text(rule);
    if (text === null) continue;
    const program = /(\/[\w./-]*\/mdevctl)\s+start-parent-mdevs\b/.exec(text)?.[1];
    return program === undefined ? null : {rule, program, isThere: source.exists(source.resolve(program) ?? program)};
  }
  return null;
};

const baseName = (target: string | null): string | null => target?.slice(target.lastIndexOf('/') + 1) ?? null;

/** The kernel's -1 means unknown. */
const parseCount = (text: string | null): number | null => {
  const digits = text?.trim() ?? '';
  return /^\d{1,9}$/.test(digits) ? Number(digits) : null;
};
