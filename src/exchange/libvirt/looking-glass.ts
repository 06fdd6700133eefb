import type {HostFacts} from '../../facts/host-facts.ts';
import {attributeOf, childNamed, elementsAt, type XmlElement} from '../../formats/xml/document.ts';
import {parseSizeKiB} from '../../hypervisor/kvm/domain/domain-values.ts';
import {commandLinesOf, type KvmfrMemory, kvmfrMemories} from '../../hypervisor/kvm/looking-glass/qemu-arguments.ts';
import {readValue} from '../../profile/codec.ts';
import type {ProfileLookingGlass} from '../../profile/profile.ts';
import {userName} from '../../profile/scalars.ts';
import {type ImportedGuest, stays} from './omission.ts';

/** Who looks at it is not in the domain: a line of systemd-tmpfiles says it, or a rule of udev. */
export const lookingGlassOf = (facts: HostFacts, root: XmlElement): ImportedGuest => {
  const found = sharedFile(facts, root) ?? kvmfrDevice(facts, root);
  if (found === null) return {guest: {}, omissions: []};
  const {element, user, sizeMiB, memory} = found;
  if (user !== null)
    return {
      guest: {lookingGlass: {user, resolution: null, sizeMiB, memory, release: 'auto', hdr: false}},
      omissions: [],
    };
  return {
    guest: {},
    omissions: [
      stays(
        element,
        `The domain has ${sizeMiB} MiB for Looking Glass, and who runs the client is unknown: lookingGlass: {user: YOU, size: ${sizeMiB} MiB${memory === 'shm' ? '' : `, memory: ${memory}`}} in guest says both.`,
      ),
    ],
  };
};

type FoundMemory = {
  readonly element: XmlElement;
  readonly user: string | null;
  readonly sizeMiB: number;
  readonly memory: ProfileLookingGlass['memory'];
};

const sharedFile = (facts: HostFacts, root: XmlElement): FoundMemory | null => {
  const [element] = elementsAt(root, 'devices/shmem').filter((one) => attributeOf(one, 'name') === 'looking-glass');
  const size = childNamed(element ?? null, 'size');
  const sizeKiB = parseSizeKiB(size?.text ?? '', attributeOf(size, 'unit'));
  if (element === undefined || sizeKiB === null) return null;
  const user = readValue(userName, ownerOf(facts, '/dev/shm/looking-glass'));
  return {element, user, sizeMiB: sizeKiB / 1024, memory: 'shm'};
};

const kvmfrDevice = (facts: HostFacts, root: XmlElement): FoundMemory | null => {
  const memory = importedKvmfr(root);
  if (memory === null) return null;
  const recorded = facts.guests.recorded.find(
    ({guest, kvmfr}) => guest === childNamed(root, 'name')?.text && kvmfr?.device === memory.device,
  );
  const user = readValue(userName, recorded?.kvmfr?.user ?? ruleOwner(facts));
  return {element: memory.object, user, sizeMiB: memory.sizeMiB, memory: 'kvmfr'};
};

/** `SUBSYSTEM=="kvmfr", OWNER="alice", …` */
const ruleOwner = ({files}: HostFacts): string | null =>
  Object.values(files)
    .filter(({path}) => path.startsWith('/etc/udev/rules.d/'))
    .flatMap(({text}) => (text ?? '').split('\n'))
    .filter((line) => /^\s*(?:SUBSYSTEM|KERNEL)=="kvmfr/.test(line))
    .flatMap((line) => /\bOWNER="([^"]+)"/.exec(line)?.[1] ?? [])
    .at(-1) ?? null;

/** `f /dev/shm/looking-glass 0660 alice kvm -` */
const ownerOf = ({files}: HostFacts, path: string): string | null =>
  Object.values(files)
    .filter((file) => file.path.startsWith('/etc/tmpfiles.d/'))
    .flatMap(({text}) => (text ?? '').split('\n').map((line) => line.trim().split(/\s+/)))
    .find(([type, named]) => type?.startsWith('f') === true && named === path)?.[3] ?? null;

/** A device of kvmfr as a profile can say it: the only memory of Looking Glass, with its PCI device, of whole MiB. */
const importedKvmfr = (root: XmlElement): (KvmfrMemory & {readonly sizeMiB: number}) | null => {
  const [memory, second] = kvmfrMemories(root);
  if (elementsAt(root, 'devices/shmem').some((one) => attributeOf(one, 'name') === 'looking-glass')) return null;
  if (memory === undefined || second !== undefined || !memory.hasDevice || memory.bytes === null) return null;
  const sizeMiB = memory.bytes / (1024 * 1024);
  return Number.isInteger(sizeMiB) && sizeMiB > 0 ? {...memory, sizeMiB} : null;
};

/** Whether arguments of QEMU say nothing else. */
export const isOnlyKvmfr = (root: XmlElement, commandLine: XmlElement): boolean => {
  const memory = importedKvmfr(root);
  return (
    memory !== null &&
    commandLinesOf(root).includes(commandLine) &&
    commandLine.children.every((child) => memory.all.includes(child))
  );
};
