import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {FindingCode} from '../../findings/codes.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {KvmGuestPlan} from '../../plan/plan.ts';
import type {Task} from '../../plan/task.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {memoryPath} from './looking-glass/files.ts';

/** Rules of this host, which semanage writes: labels by pattern, and folders that are labelled like others. */
const rules = '/etc/selinux/*/contexts/files';
export const seLinuxFiles: FileTable = [keeps(rules, 'file_contexts.local file_contexts.subs')];

const images = '/var/lib/libvirt/images';

/** A rule of SELinux that a guest needs and that the policy of a distribution does not have. */
type Label = {
  readonly path: string;
  readonly code: FindingCode;
  readonly subject: string;
  readonly why: string;
  /** `null`: too much else is in that folder to label it as a whole. */
  readonly commands: readonly string[] | null;
  readonly isSet: boolean;
};

/** None where SELinux refuses nothing. */
const labelsOf = (facts: HostFacts, guest: KvmGuestPlan): readonly Label[] =>
  facts.confinement.seLinux === 'enforcing' ? [...diskLabel(facts, guest), ...memoryLabel(facts, guest)] : [];

/** libvirt labels the image itself when the guest starts, and not the folder that QEMU finds it in. */
const diskLabel = (facts: HostFacts, {isNew, disk}: KvmGuestPlan): readonly Label[] => {
  const folder = disk.slice(0, disk.lastIndexOf('/')) || '/';
  if (!isNew || isBelow(folder, '/var/lib/libvirt') || isBelow(folder, '/dev')) return [];
  return [
    {
      path: folder,
      code: 'guest-disk-label',
      subject: 'guest.disk',
      why: `QEMU may look for its image in folders that are labelled like ${images}, and ${folder} is not.`,
      commands: isShared(folder)
        ? null
        : [`semanage fcontext -a -e ${images} ${quoteForShell(folder)}`, `restorecon -Rv ${quoteForShell(folder)}`],
      isSet: linesOf(facts, 'file_contexts.subs').some(([target, like]) => target === folder && like === images),
    },
  ];
};

/** What systemd-tmpfiles makes has the label of /dev/shm, for which the policy has no rule of its own, and which QEMU may not open. */
const memoryLabel = (facts: HostFacts, {lookingGlass}: KvmGuestPlan): readonly Label[] => {
  if (lookingGlass?.kvmfrDevice !== null) return [];
  const path = memoryPath(lookingGlass);
  return [
    {
      path,
      code: 'looking-glass-label',
      subject: 'guest.lookingGlass',
      why: `systemd-tmpfiles makes ${path} with the label of /dev/shm, and QEMU may not open that.`,
      commands: [
        `semanage fcontext -a -t ${memoryType} ${quoteForShell(path)}`,
        `restorecon -v ${quoteForShell(path)}`,
      ],
      isSet: linesOf(facts, 'file_contexts.local').some(
        ([pattern, label]) => pattern === path && label?.split(':')[2] === memoryType,
      ),
    },
  ];
};

/** Of memory that guests of libvirt make in /dev/shm themselves. */
const memoryType = 'svirt_tmpfs_t';

const isBelow = (folder: string, parent: string): boolean => folder === parent || folder.startsWith(`${parent}/`);

/** A folder at the top, such as /srv, or the home of a user. */
const isShared = (folder: string): boolean => folder.split('/').length <= 2 || /^\/home\/[^/]+$/.test(folder);

const linesOf = ({files}: HostFacts, name: string): readonly (readonly string[])[] =>
  Object.values(files)
    .filter(({path}) => path.startsWith('/etc/selinux/') && path.endsWith(`/${name}`))
    .flatMap(({text}) => (text ?? '').split('\n'))
    .map((line) => line.trim().split(/\s+/));

/** Nothing is labelled for the user: the rules belong to the policy of the host, which has no file that could be restored. */
export const judgeLabels = ({facts, report}: PlanContext, guest: KvmGuestPlan): void => {
  for (const {code, subject, why, commands, isSet} of labelsOf(facts, guest)) {
    if (isSet) continue;
    report('warning', code, {
      subject,
      message: `SELinux is enforcing. ${why}`,
      remedy:
        commands === null
          ? `Put the image into a folder of its own, such as ${images}: other things are next to it, so that folder is not to be labelled.`
          : `Before the guest starts: ${commands.map((command) => `sudo ${command}`).join(' && ')}`,
    });
  }
};

export const labelTasks = (facts: HostFacts, guest: KvmGuestPlan): readonly Task[] =>
  labelsOf(facts, guest).flatMap(({path, why, commands, isSet}): readonly Task[] =>
    isSet || commands === null
      ? []
      : [
          {
            id: 'selinux-label',
            title: `Label ${path} for SELinux`,
            why: `${why} The rule stays for every later boot.`,
            commands: commands.map((text) => ({text, needsRoot: true})),
          },
        ],
  );

export const labelPromises = (facts: HostFacts, guest: KvmGuestPlan): readonly PromiseResult[] =>
  labelsOf(facts, guest).map(({path, commands, isSet}) => ({
    id: 'selinux-label',
    status: isSet ? 'kept' : 'broken',
    promise: `SELinux has a rule for ${path}, which QEMU has to open.`,
    fact: isSet ? 'It has.' : 'It has none of this host, so the guest may not start.',
    remedy: isSet || commands === null ? null : commands.map((command) => `sudo ${command}`).join(' && '),
  }));
