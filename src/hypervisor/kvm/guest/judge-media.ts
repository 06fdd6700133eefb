import type {HostFacts} from '../../../facts/host-facts.ts';
import type {NamedFile} from '../../../facts/named-file.ts';
import type {KnownSystem} from '../../../formats/osinfo.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {GuestSystem, ProfileGuest} from '../../../profile/profile.ts';
import {memoryText} from '../../../profile/scalars.ts';
import {warnOfFolder} from './choose-disk.ts';
import {count} from '../../../words/count.ts';

const bytesPerMiB = 1024 * 1024;

/** The media of a new guest: whether they are there and what is on them. A path that was not looked at is not judged. */
export const judgeMedia = (context: PlanContext, newDiskMiB: number | null): void => {
  const {cdrom, drivers, os} = context.profile.guest;
  for (const [subject, path] of [
    ['guest.cdrom', cdrom],
    ['guest.drivers', drivers],
  ] as const) {
    const file = path === null ? undefined : context.facts.namedFiles[path];
    if (file !== undefined) judgeMedium(context, subject, file);
  }
  const installer = cdrom === null ? undefined : context.facts.namedFiles[cdrom];
  const systems = meantBy(os, installer?.systems ?? []);
  if (installer !== undefined && installer.volume !== null) judgeSystem(context, installer);
  judgeSizes(context, systems.length > 0 ? systems : os === 'windows-11' ? [windows11] : [], newDiskMiB);
};

/** One volume id may stand for several (Windows 10 and 11): those that the profile speaks of, where it does of any. */
const meantBy = (os: GuestSystem, systems: readonly KnownSystem[]): readonly KnownSystem[] => {
  const meant = systems.filter((system) => kindOf(system) === os);
  return meant.length > 0 ? meant : systems;
};

/** Of the medium, as libvirt's metadata names it; `null` where it is unknown, or one of several. */
export const osinfoIdOf = ({namedFiles}: HostFacts, {cdrom, os}: Pick<ProfileGuest, 'cdrom' | 'os'>): string | null => {
  const systems = cdrom === null ? [] : meantBy(os, namedFiles[cdrom]?.systems ?? []);
  const [first] = systems;
  return systems.length === 1 && first !== undefined ? first.id : null;
};

const judgeMedium = (context: PlanContext, subject: string, {path, state, volume, closedFolder}: NamedFile): void => {
  if (closedFolder !== null) warnOfFolder(context, subject, closedFolder);
  if (state === 'absent' || state === 'broken-link') {
    context.report('warning', 'guest-medium-missing', {
      subject,
      message: `${path} is not there${state === 'absent' ? '' : ': it is a symbolic link to nothing'}, and the guest does not start without it.`,
      remedy: `Put the ISO image there before the first start, or correct ${subject}.`,
    });
    return;
  }
  if (state === 'directory') {
    context.report('blocker', 'guest-medium-unusable', {
      subject,
      message: `${path} is a directory, not an ISO image.`,
      remedy: `Name the file in ${subject}.`,
    });
    return;
  }
  if (state === 'file' && volume === null)
    context.report('warning', 'guest-medium-unusable', {
      subject,
      message: `${path} is no ISO 9660 image, as media of installers and drivers are.`,
      remedy: `Look at it with \`file\`, and correct ${subject}.`,
    });
};

const judgeSystem = (context: PlanContext, {path, volume, systems, isOsinfoThere}: NamedFile): void => {
  const id = volume?.volumeId ?? '';
  if (systems.length === 0) {
    context.report('note', 'guest-medium-unrecognised', {
      subject: 'guest.cdrom',
      message: isOsinfoThere
        ? `Which system is on ${path} is unknown: osinfo-db knows no medium with the volume id ${JSON.stringify(id)}.`
        : `Which system is on ${path} is unknown: osinfo-db, which has the volume ids, is not installed.`,
      remedy: isOsinfoThere
        ? 'Nothing to do, if guest.os is right. A newer osinfo-db may know it.'
        : 'Install the package osinfo-db to have guest.os and the sizes compared; nothing depends on it.',
    });
    return;
  }
  const names = systems.map(({name}) => name).join(' or ');
  context.decide('guest.cdrom', names, `osinfo-db knows the volume id ${JSON.stringify(id)}`);
  const kinds = [...new Set(systems.map(kindOf))];
  const {os} = context.profile.guest;
  if (kinds.includes(os)) return;
  context.report('warning', 'guest-medium-other-system', {
    subject: 'guest.os',
    message: `${path} installs ${names}, and the profile says ${os}: clock, firmware and Hyper-V features follow from that.`,
    remedy: `Set ${kinds.map((kind) => `guest.os: ${kind}`).join(' or ')}, or name another medium in guest.cdrom.`,
  });
};

const kindOf = ({shortId, family}: KnownSystem): GuestSystem => {
  if (shortId === 'win11') return 'windows-11';
  if (shortId === 'win10') return 'windows-10';
  return family === 'linux' ? 'linux' : 'other';
};

/** osinfo-db 20250606, microsoft.com/win-11.xml; for a medium that nobody has looked at. */
const windows11: KnownSystem = {
  id: 'http://microsoft.com/win/11',
  shortId: 'win11',
  name: 'Windows 11',
  family: 'winnt',
  cpus: 2,
  memoryBytes: 4_294_967_296,
  storageBytes: 68_719_476_736,
};

/** The least that any of the systems on the medium asks for. */
const judgeSizes = (context: PlanContext, systems: readonly KnownSystem[], newDiskMiB: number | null): void => {
  const {memory, cpu} = context.profile;
  const leastOf = (values: readonly (number | null)[]): number | null =>
    values.length === 0 || values.includes(null) ? null : Math.min(...values.map(Number));
  const least = {
    memory: leastOf(systems.map(({memoryBytes}) => memoryBytes)),
    storage: leastOf(systems.map(({storageBytes}) => storageBytes)),
    cpus: leastOf(systems.map(({cpus}) => cpus)),
  };
  const tooSmall = (subject: string, what: string, wanted: string): void =>
    context.report('warning', 'guest-below-minimum', {
      subject,
      message: `${systems.map(({name}) => name).join(' or ')} asks for at least ${wanted}, and the guest gets ${what}.`,
      remedy: `Raise ${subject}; the installer may refuse to go on.`,
    });
  const asText = (bytes: number): string => memoryText(Math.ceil(bytes / bytesPerMiB));
  if (least.memory !== null && memory.sizeMiB * bytesPerMiB < least.memory)
    tooSmall('memory.size', memoryText(memory.sizeMiB), asText(least.memory));
  if (least.storage !== null && newDiskMiB !== null && newDiskMiB * bytesPerMiB < least.storage)
    tooSmall('guest.diskSize', memoryText(newDiskMiB), asText(least.storage));
  if (least.cpus !== null && cpu.vcpus < least.cpus)
    tooSmall('cpu.vcpus', count(cpu.vcpus, 'vCPU'), `${least.cpus} vCPUs`);
};
