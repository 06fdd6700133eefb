import {isAtLeast} from '../../../facts/versions.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {SharedFolder} from '../../../profile/profile.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';

/** What makes the host the host: virtiofsd runs as root, so root in the guest is root there. */
const systemFolders =
  '/ /bin /boot /dev /etc /lib /lib64 /proc /root /run /sbin /sys /usr /var /var/lib /var/lib/libvirt'.split(' ');

/** Folders of the host that the guest mounts (virtiofs). */
export const chooseShares = (context: PlanContext): readonly SharedFolder[] => {
  const {share} = context.profile.guest;
  if (share.length === 0) return [];
  judgeSoftware(context);
  for (const [index, folder] of share.entries()) judgeFolder(context, folder, index);
  const tags = share.map(({tag}) => tag);
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined)
    context.report('blocker', 'guest-share-unusable', {
      subject: 'guest.share',
      message: `Two folders have the tag ${twice}, and the guest mounts by the tag.`,
      remedy: 'Give each folder a tag of its own.',
    });
  context.decide(
    'guest.share',
    share.map(({dir, tag}) => `${dir} as ${tag}`).join(', '),
    'virtiofs reads and writes it for the guest, whose memory is shared with virtiofsd',
  );
  return share;
};

const judgeSoftware = ({facts, report}: PlanContext): void => {
  const {version, hasVirtiofsd} = libvirtOf(facts);
  // libvirt news: virtiofs since 6.2.0, and since 6.9.0 for a guest without NUMA cells.
  if (version !== null && !isAtLeast(version, '6.9.0'))
    report('blocker', 'guest-share-unusable', {
      subject: 'guest.share',
      message: `libvirt shares folders by virtiofs with every guest since 6.9.0, and this is ${version}.`,
      remedy: 'Take guest.share out, and share the folder over the network (NFS, Samba).',
    });
  if (hasVirtiofsd) return;
  report('warning', 'guest-share-no-program', {
    subject: 'guest.share',
    message: 'No virtiofsd was found, and the guest does not start without it.',
    remedy: 'Install the package virtiofsd before its first start (Debian 12: qemu-system-common).',
  });
};

const judgeFolder = ({facts, report}: PlanContext, {dir}: SharedFolder, index: number): void => {
  const path = `guest.share[${index}]`;
  const plain = dir.replace(/\/+$/, '') || '/';
  if (systemFolders.includes(plain)) {
    report('blocker', 'guest-share-unusable', {
      subject: 'guest.share',
      path,
      message: `${dir} is a folder of the host's own system, and root in the guest could change everything in it.`,
      remedy: 'Share a folder that holds nothing else, such as /srv/share.',
    });
    return;
  }
  const state = facts.namedFiles[dir]?.state;
  if (state === 'absent' || state === 'broken-link')
    report('warning', 'guest-share-missing', {
      subject: 'guest.share',
      path,
      message: `${dir} is not there, and the guest does not start without it.`,
      remedy: `Make it before the first start: sudo mkdir -p ${quoteForShell(dir)}`,
    });
  if (state === 'file' || state === 'device')
    report('blocker', 'guest-share-unusable', {
      subject: 'guest.share',
      path,
      message: `${dir} is no folder.`,
      remedy: 'Name a folder in guest.share.',
    });
};
