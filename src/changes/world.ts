import {ownValue} from '../decode/own-value.ts';
import type {FileFacts, FileStamp} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import type {Plan} from '../plan/plan.ts';

/**
 * What a plan was made from, as far as it must still be so when it is written. What changes on its own (free memory,
 * power states, drivers of a running guest) is not in it.
 */
export type World = {
  readonly toolVersion: string;
  /** By what a person calls it, `the boot loader`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Things that come and go, by kind and name. */
  readonly things: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly files: Readonly<Record<string, FilePrint>>;
};

export type FilePrint = {
  readonly state: FileFacts['state'];
  readonly sha256: string | null;
  readonly target: string | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly stamp: FileStamp | null;
};

export const worldOf = (facts: HostFacts, plan: Plan, toolVersion: string): World => {
  const hypervisor = hypervisorOf(facts);
  const {settings, things} = hypervisor.world(facts);
  return {
    toolVersion,
    settings: {
      'the reader': facts.isPrivileged ? 'root' : 'an ordinary user, who cannot read everything',
      'the boot loader': told(facts.boot.loader),
      'the program that makes the initramfs': told(facts.boot.initramfs),
      'the firmware': told(facts.boot.firmware),
      'Secure Boot': told(facts.boot.secureBoot),
      'the kernel command line': told(facts.boot.commandLine),
      'the running kernel': told(facts.kernel.release),
      'the IOMMU': facts.iommu.active ? 'active' : 'not active',
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, told(value)])),
    },
    things: {
      kernel: namesOf(facts.boot.kernels),
      'boot image': namesOf(facts.boot.images.map(({path}) => path)),
      'PCI function': Object.fromEntries(facts.pci.map((device) => [device.address, describeFunction(device)])),
      'source of mediated devices': Object.fromEntries(
        facts.mediated.parents.map(({name, types}) => [name, `with the types ${types.map(({id}) => id).join(' ')}`]),
      ),
      CPU: Object.fromEntries(
        facts.cpu.cpus.map(({id, node, siblings, online}) => [
          String(id),
          online ? `on node ${told(node)} with the threads ${siblings.join()}` : 'offline',
        ]),
      ),
      ...Object.fromEntries(Object.entries(things).map(([kind, names]) => [kind, namesOf(names)])),
    },
    files: Object.fromEntries(
      Object.values(facts.files)
        .filter(({path}) => path === plan.guest.path || !hypervisor.isGuestFile(path))
        .map((file) => [file.path, printOf(file)]),
    ),
  };
};

const printOf = ({state, sha256, target, mode, uid, gid, stamp}: FileFacts): FilePrint => ({
  state,
  sha256,
  target,
  mode,
  uid,
  gid,
  stamp,
});

const describeFunction = ({
  vendor,
  device,
  subsystem,
  class: kind,
  iommuGroup,
  numaNode,
  bootVga,
  upstream,
}: PciFunction): string =>
  `${vendor}:${device} (board ${told(subsystem)}, class ${kind}${bootVga ? ', boot display' : ''}) in IOMMU group ${told(iommuGroup)} on node ${told(numaNode)} below ${upstream.join(' ') || 'the root bus'}`;

const told = (value: string | number | boolean | null): string => (value === null ? 'unknown' : String(value));
const namesOf = (names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, 'there']));

export type WorldDifference = {
  /** What must not have changed and did: sentences. */
  readonly changed: readonly string[];
  /** Files that were saved again with the same content, mode and owner: no harm, but worth a word. */
  readonly savedAgain: readonly string[];
};

export const compareWorlds = (before: World, now: World): WorldDifference => ({
  changed: [
    ...(before.toolVersion === now.toolVersion
      ? []
      : [`It was made by vfio-pilot ${before.toolVersion}, and this is ${now.toolVersion}.`]),
    ...keysOf(before.settings, now.settings).flatMap((name) =>
      compareSetting(name, before.settings[name] ?? 'unknown', now.settings[name] ?? 'unknown'),
    ),
    ...keysOf(before.things, now.things).flatMap((kind) =>
      compareThings(kind, before.things[kind] ?? {}, now.things[kind] ?? {}),
    ),
    ...keysOf(before.files, now.files).flatMap((path) => compareFile(path, before.files[path], now.files[path])),
  ],
  savedAgain: keysOf(before.files, now.files).filter((path) => isSavedAgain(path, before.files[path], now.files[path])),
});

const keysOf = (one: object, other: object): readonly string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)]),
];

const compareSetting = (name: string, before: string, now: string): readonly string[] =>
  before === now ? [] : [`${capitalise(name)} was ${before}, and is ${now}.`];

const capitalise = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const compareThings = (
  kind: string,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] =>
  keysOf(before, now).flatMap((name) => {
    const [was, is] = [ownValue(before, name), ownValue(now, name)];
    if (was === is) return [];
    if (was === undefined) return [`There is a new ${kind}, ${name}${is === 'there' ? '' : `: ${is}`}.`];
    return [is === undefined ? `The ${kind} ${name} is gone.` : `The ${kind} ${name} was ${was}, and is ${is}.`];
  });

const compareFile = (path: string, before: FilePrint | undefined, now: FilePrint | undefined): readonly string[] => {
  if (before === undefined || now === undefined)
    return before === now ? [] : [before === undefined ? `${path} has appeared.` : `${path} is gone.`];
  const difference = differenceOf(before, now);
  return difference === null ? [] : [`${path}: ${difference}.`];
};

const differenceOf = (before: FilePrint, now: FilePrint): string | null => {
  if (before.state !== now.state) return `it was a ${before.state} and is a ${now.state}`;
  if (before.target !== now.target) return `it pointed to ${before.target} and points to ${now.target}`;
  if (before.sha256 !== now.sha256) return 'its content changed';
  if (before.mode !== now.mode) return `its mode was ${octal(before.mode)} and is ${octal(now.mode)}`;
  if (before.uid !== now.uid || before.gid !== now.gid)
    return `its owner was ${before.uid}:${before.gid} and is ${now.uid}:${now.gid}`;
  return isRelabelled(before, now) ? 'its extended attributes, ACL or security label changed' : null;
};

/** Node reads no extended attributes; but setting one moves the time of the last change, and hardly anything else moves that alone. */
const isRelabelled = ({state, stamp: before}: FilePrint, {stamp: now}: FilePrint): boolean =>
  state === 'file' &&
  before !== null &&
  now !== null &&
  before.inode === now.inode &&
  before.modifiedMs === now.modifiedMs &&
  before.changedMs !== now.changedMs;

const isSavedAgain = (path: string, before: FilePrint | undefined, now: FilePrint | undefined): boolean =>
  before !== undefined &&
  now !== undefined &&
  before.state === 'file' &&
  compareFile(path, before, now).length === 0 &&
  before.stamp?.changedMs !== now.stamp?.changedMs;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
