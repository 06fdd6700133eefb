import type {Node} from 'yaml';
import {readValue} from '../../profile/codec.ts';
import type {ProfileGuest} from '../../profile/profile.ts';
import {absolutePath, largestMiB, shorten} from '../../profile/scalars.ts';
import {
  emptySection,
  placeOf,
  readFlag,
  readNumber,
  readSection,
  readText,
  readTexts,
  type Section,
  type Tell,
  valueAt,
} from './reader.ts';

const mostThreads = 1024;
const mibPerGib = 1024;
const defaultGiB = 40;

export type ImportedSize = {readonly vcpus: number; readonly memoryMiB: number};

/** Without a value: arcd's own. */
export const importSize = (config: Section, tell: Tell): ImportedSize => {
  const cpus = readSection(valueAt(config, 'cpus'), 'cpus', ['cores', 'sockets', 'threads', 'ramAlloc'], tell);
  const count = (key: string, fallback: number): number =>
    readNumber(cpus, key, {least: 1, most: mostThreads, fallback}, tell);
  if (cpus.node === null)
    tell('note', config.node, {
      message: 'The file has no cpus, so the guest has 4 vCPUs and 8 GiB, as with arcd.',
      remedy: 'Change cpu.vcpus and memory.size in the profile if that is not enough.',
    });
  const vcpus = count('cores', 4) * count('sockets', 1) * count('threads', 1);
  if (vcpus > mostThreads)
    tell(
      'blocker',
      cpus.node,
      {
        message: `cores, sockets and threads make ${vcpus} vCPUs, and a guest has at most ${mostThreads}.`,
        remedy: 'Correct them in the file, and import it again.',
      },
      'profile-bad-value',
    );
  return {vcpus, memoryMiB: readNumber(cpus, 'ramAlloc', {least: 1, most: largestMiB, fallback: 8192}, tell)};
};

/** A plain name of letters, digits and `._+-`; without one the file's. */
export const importName = (config: Section, file: string, tell: Tell): string => {
  const written = readText(config, 'name', tell);
  const base = (file.split('/').at(-1) ?? '').replace(/\.ya?ml$/i, '');
  const name =
    (written ?? base)
      .replaceAll(/[^A-Za-z0-9._+-]+/g, '-')
      .slice(0, 63)
      .replaceAll(/^[^A-Za-z0-9]+|-+$/g, '') || 'guest';
  // A blank that became a hyphen surprises nobody.
  if (written !== null && name !== written.replaceAll(' ', '-'))
    tell(
      'note',
      placeOf(config, 'name'),
      {
        message: `The guest is called ${name}, because ${shorten(written)} has signs that not every program takes in a name.`,
        remedy: 'Write another name in guest.name if you like.',
      },
      'profile-bad-value',
    );
  return name;
};

type Disk = Pick<ProfileGuest, 'os' | 'firmware' | 'disk' | 'diskSizeMiB' | 'diskBus' | 'cdrom'>;

/** Where the guest is kept. arcd starts QEMU with its BIOS, and with the disk on SATA: the guest was installed so. */
export const importDisk = (config: Section, home: string | null, name: string, tell: Tell): Disk => {
  const isThere = valueAt(config, 'container') !== null;
  if (!isThere)
    tell(
      'blocker',
      placeOf(config, 'container'),
      {
        message: 'The file has no container, which says what disk the guest has.',
        remedy: 'Import the file that the guest is started with: `container:` with `kernel` and `initialSize`.',
      },
      'profile-missing-key',
    );
  const container = isThere
    ? readSection(valueAt(config, 'container'), 'container', ['kernel', 'state', 'initialSize', 'iso'], tell)
    : emptySection('container');
  const kernel = readText(container, 'kernel', tell);
  if (isThere && kernel === null)
    tell(
      'blocker',
      placeOf(container, 'kernel'),
      {
        message: 'container names no kernel, which is the file of the disk.',
        remedy: 'Write its name below ROOT/kernel, as in `kernel: windows.arc`.',
      },
      'profile-missing-key',
    );
  const installs = readText(config, 'installOs', tell);
  tellExtraDisks(container, name, tell);
  const disk = diskOf(config, container, kernel, home, tell);
  const sizeGiB = readNumber(
    container,
    'initialSize',
    {least: 1, most: largestMiB / mibPerGib, fallback: defaultGiB},
    tell,
  );
  return {
    os: installs === 'win10' || kernel?.toLowerCase().includes('win') === true ? 'windows-10' : 'other',
    firmware: 'bios',
    diskBus: 'sata',
    disk: disk ?? 'auto',
    // Where it is stays unknown: then an empty one would be made elsewhere.
    diskSizeMiB: disk === null || valueAt(container, 'initialSize') === null ? null : sizeGiB * mibPerGib,
    cdrom: cdromOf(container, home, tell),
  };
};

type Expanded = {readonly path: string | null; readonly needsHome: boolean};

/** Textually: nothing is looked up. */
const expand = (text: string, home: string | null): Expanded => {
  const isOfHome = text === '~' || text.startsWith('~/');
  if (isOfHome && home === null) return {path: null, needsHome: true};
  return {path: isOfHome ? `${home === '/' ? '' : home}${text.slice(1)}` : text, needsHome: false};
};

const isWithin = (path: string): boolean =>
  !path.startsWith('/') && !path.split('/').some((part) => part === '..' || part === '.' || part === '');

const diskOf = (
  config: Section,
  container: Section,
  kernel: string | null,
  home: string | null,
  tell: Tell,
): string | null => {
  const root = readText(config, 'root', tell);
  const refuse = (node: Node | null, message: string, remedy: string): null => {
    tell('blocker', node, {message, remedy}, 'profile-bad-value');
    return null;
  };
  if (kernel !== null && !isWithin(kernel))
    return refuse(
      placeOf(container, 'kernel'),
      `The disk ${shorten(kernel)} leaves its folder, ROOT/kernel.`,
      'Write the name of a file in that folder.',
    );
  if (kernel === null) return null;
  if (root === null) {
    tell('warning', config.node, {
      message: `The file has no root, so where ${shorten(kernel)} is stays unknown.`,
      remedy: 'Write the path of the image into guest.disk of the profile.',
    });
    return null;
  }
  const {path, needsHome} = expand(root, home);
  if (needsHome) {
    tell('warning', placeOf(config, 'root'), {
      message: `The disk is ${shorten(`${root}/kernel/${kernel}`, 200)}, and ~ is the home of whoever ran arcd, so guest.disk is left open.`,
      remedy: 'Import it again with that home: --home /home/NAME.',
    });
    return null;
  }
  return (
    readValue(absolutePath, `${(path ?? '').replace(/\/+$/, '')}/kernel/${kernel}`) ??
    refuse(
      placeOf(config, 'root'),
      `root is ${shorten(root)}, which is no usable path.`,
      'Write an absolute path without `..`, commas and control characters, or one that begins with ~/.',
    )
  );
};

const cdromOf = (container: Section, home: string | null, tell: Tell): string | null => {
  const iso = readText(container, 'iso', tell);
  if (iso === null) return null;
  const {path, needsHome} = expand(iso, home);
  if (needsHome) {
    tell('warning', placeOf(container, 'iso'), {
      message: `The installation medium is ${shorten(iso, 200)}, and ~ is the home of whoever ran arcd, so guest.cdrom is left out.`,
      remedy: 'Import it again with that home: --home /home/NAME.',
    });
    return null;
  }
  const usable = readValue(absolutePath, path);
  if (usable === null)
    tell(
      'blocker',
      placeOf(container, 'iso'),
      {
        message: `iso is ${shorten(iso)}, which is no usable absolute path.`,
        remedy: 'Write the absolute path of an ISO image, without `..`, commas and control characters.',
      },
      'profile-bad-value',
    );
  return usable;
};

const tellExtraDisks = (container: Section, name: string, tell: Tell): void => {
  const disks = readTexts(container, 'state', tell).map((text) => shorten(text));
  if (disks.length > 0)
    tell('warning', placeOf(container, 'state'), {
      message: `A profile names one disk, so ${disks.join(', ')} of container.state ${disks.length === 1 ? 'is' : 'are'} not in it.`,
      remedy: `After \`apply\`: virsh attach-disk ${name} /PATH/OF/IMAGE vdb --driver qemu --subdriver qcow2 --config.`,
    });
};

/** `nographics`: no emulated screen. */
export const importPhase = (config: Section, tell: Tell): 'prepare' | 'run' =>
  readFlag(config, 'nographics', false, tell) ? 'run' : 'prepare';
