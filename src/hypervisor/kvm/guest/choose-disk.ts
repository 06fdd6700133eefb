import type {HostFacts} from '../../../facts/host-facts.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {KvmGuestPlan} from '../../../plan/plan.ts';
import type {ProfileGuest} from '../../../profile/profile.ts';
import {memoryText} from '../../../profile/scalars.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';

const imagesDirectory = '/var/lib/libvirt/images';

type Disk = Pick<ProfileGuest, 'name' | 'disk' | 'diskFormat' | 'diskPool'>;

/** Where the disk of a new guest is, whoever makes it. */
export const diskPath = (facts: HostFacts, {name, disk, diskFormat: format, diskPool}: Disk): string => {
  if (disk !== 'auto') return disk;
  const pool = libvirtOf(facts).pools.find((one) => one.name === diskPool);
  return `${pool?.path ?? imagesDirectory}/${name}.${format === 'raw' ? 'raw' : 'qcow2'}`;
};

export const diskFormat = (
  {diskFormat: wanted}: Pick<Disk, 'diskFormat'>,
  path: string,
): KvmGuestPlan['diskFormat'] => {
  if (isDevice(path)) return 'raw';
  if (wanted !== 'auto') return wanted;
  return /\.(raw|img)$/i.test(path) ? 'raw' : 'qcow2';
};

const isDevice = (path: string): boolean => /^\/+(?:\.\/+)*(?:dev|proc|sys)\//.test(path);

/** What `apply` makes for a new guest; `null` where there is an image already, or none is asked for. */
export const chooseNewDisk = (context: PlanContext, disk: string): KvmGuestPlan['newDisk'] => {
  const {diskSizeMiB} = context.profile.guest;
  judgePool(context);
  if (isDevice(disk)) {
    if (diskSizeMiB !== null)
      context.report('blocker', 'guest-disk-unusable', {
        subject: 'guest.diskSize',
        message: `${disk} is no image file, so nothing of a size of your choice can be made there.`,
        remedy: 'Leave guest.diskSize out, or name an image file in guest.disk.',
      });
    warnOfDevice(context, disk);
    return null;
  }
  const there = context.facts.namedFiles[disk];
  const closed = there?.closedFolder ?? null;
  if (closed !== null) warnOfFolder(context, 'guest.disk', closed);
  if (there !== undefined && ['directory', 'device', 'broken-link'].includes(there.state)) {
    context.report('blocker', 'guest-disk-unusable', {
      subject: 'guest.disk',
      message: `${disk} is a ${there.state === 'broken-link' ? 'symbolic link to nothing' : there.state}, not a disk image.`,
      remedy: 'Name an image file in guest.disk; one that is not there is made when guest.diskSize is set.',
    });
    return null;
  }
  // One that this user may not read is there all the same.
  if (there?.state === 'file' || there?.state === 'denied') {
    context.decide('guest.disk', disk, 'it is there, and is never written over');
    if (diskSizeMiB !== null) noteExisting(context, disk);
    return null;
  }
  if (diskSizeMiB === null) {
    tellDisk(context, disk);
    return null;
  }
  context.decide(
    'guest.disk',
    `${memoryText(diskSizeMiB)} in ${disk}`,
    there === undefined ? 'you chose its size' : 'nothing is there yet; it grows as the guest fills it',
  );
  if (context.profile.guest.cdrom === null) noteEmpty(context, disk);
  return {sizeMiB: diskSizeMiB, isNoCow: there?.fileSystem === 'btrfs'};
};

const noteExisting = (context: PlanContext, disk: string): void =>
  context.report('note', 'guest-disk-exists', {
    subject: 'guest.diskSize',
    message: `${disk} is there already: it stays unchanged, and the guest starts from it.`,
    remedy: 'Nothing to do if that is meant; otherwise choose another guest.disk.',
  });

const noteEmpty = (context: PlanContext, disk: string): void =>
  context.report('note', 'guest-disk-needed', {
    subject: 'guest.disk',
    message: `The new guest starts from ${disk}, which is empty, and has no installation medium.`,
    remedy: 'Set guest.cdrom to the ISO image of an installer.',
  });

const judgePool = (context: PlanContext): void => {
  const {disk, diskPool} = context.profile.guest;
  const {pools} = libvirtOf(context.facts);
  if (diskPool === null || disk !== 'auto' || pools.some(({name}) => name === diskPool)) return;
  const known = pools.map(({name}) => name).join(', ');
  context.report('blocker', 'guest-pool-unknown', {
    subject: 'guest.diskPool',
    message: `libvirt has no storage pool ${diskPool} that is a folder${known === '' ? '' : `; it has ${known}`}.`,
    remedy: 'Correct guest.diskPool (`virsh pool-list --all` shows them), or name a path in guest.disk.',
  });
};

/** libvirt gives QEMU the file, and not the way to it. An ACL may let it through all the same, so this is no blocker. */
export const warnOfFolder = (
  context: PlanContext,
  subject: string,
  {path, mode}: {readonly path: string; readonly mode: number},
): void =>
  context.report('warning', 'guest-path-closed', {
    subject,
    message: `QEMU runs as a user of its own and can't enter ${path} (mode ${mode.toString(8).padStart(4, '0')}), so the guest won't start.`,
    remedy: `Put the file below ${imagesDirectory}, or open the folder for passing through: chmod o+x ${quoteForShell(path)}.`,
  });

/** Without a size nothing is made: the user does it; we say how, and where the size goes. */
const tellDisk = (context: PlanContext, disk: string): void => {
  const {cdrom} = context.profile.guest;
  context.report('note', 'guest-disk-needed', {
    subject: 'guest.disk',
    message: `The new guest starts from ${disk}${cdrom === null ? ' and has no installation medium' : ''}.`,
    remedy: `Before its first start, unless the image is there already: qemu-img create -f qcow2 ${quoteForShell(disk)} 100G${cdrom === null ? '; an installer goes into guest.cdrom' : ''}. With guest.diskSize \`apply\` makes it.`,
  });
};

/** Somebody else's profile may name a disk that is another one here. */
const warnOfDevice = (context: PlanContext, disk: string): void => {
  const path = `/${disk
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
  const used = context.facts.hostDisks.find(({paths}) => paths.includes(path));
  if (used !== undefined) return refuseDisk(context, disk, used.use);
  context.report('warning', 'guest-disk-is-device', {
    subject: 'guest.disk',
    message: `The guest gets ${disk} itself, not an image: what the host or anybody else keeps on it can be lost.`,
    remedy:
      'Look at it with `lsblk -f` first; the host must not use it, nor any part of it. Name it below /dev/disk/by-id, where it stays the same.',
  });
};

/** A guest that exists keeps its disks, and a name like /dev/sdb may be another disk by now. */
export const judgeOwnDisks = (context: PlanContext): void => {
  const {existing, facts} = context;
  for (const disk of existing?.use.disks ?? []) {
    const used = facts.hostDisks.find(({paths}) => paths.includes(disk));
    if (used === undefined) continue;
    context.report('blocker', 'guest-disk-in-use', {
      subject: 'guest.name',
      message: `The guest ${existing?.name} writes to ${disk}, which this host uses itself: ${used.use}.`,
      remedy: `Give it another disk with \`virsh edit ${existing?.name}\`, and plan again; names below /dev/disk/by-id stay the same.`,
    });
  }
};

/** Two systems that write to one file system destroy it within minutes. */
const refuseDisk = (context: PlanContext, disk: string, use: string): void =>
  context.report('blocker', 'guest-disk-in-use', {
    subject: 'guest.disk',
    message: `The guest would write to ${disk}, which this host uses itself: ${use}.`,
    remedy: 'Set guest.disk to an image file, or to a disk that nothing here uses (`lsblk -f` shows which).',
  });
