import type {Artifact, CommandArtifact, GeneratedArtifact, Validation} from '../../artifacts/artifact.ts';
import {joinRendered, judgeReadable, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {earlyBinding} from '../../binding/early-binding.ts';
import {modprobePath} from '../../binding/files.ts';
import type {InitramfsImage} from '../../facts/boot.ts';
import {keeps, looksAt} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import type {Plan} from '../../plan/plan.ts';
import {bindingMembers} from '../binding-members.ts';
import {type ImageCopy, type ImageSystem, plainImages} from '../image-system.ts';
import {bootScriptPath, editInitramfsModules, initramfsModulesPath, renderBootScript} from './configuration.ts';
import {trialImage} from './trial-image.ts';
import {listWords} from '../../words/list-words.ts';

/** Files whose change the image must follow. */
const initramfsTriggers: readonly string[] = [modprobePath, initramfsModulesPath, bootScriptPath];

const hookDirectory = '/etc/initramfs/post-update.d';

/**
 * One image for each installed kernel, since any of them may be started next.
 *
 * Not `update-initramfs -u -k all`: it moves the new image into place before it is synced, skips silently when
 * update_initramfs=no, and nobody has looked inside the image by then. It does no more than mkinitramfs besides:
 * a .bak copy, and the hooks in post-update.d, which are run here when there are any. Checksums of images under
 * /var/lib/initramfs-tools ended with 0.138 (Debian 12 has 0.142).
 * mkinitramfs copies /etc/modprobe.d on its own, no hook is needed for it.
 */
const renderInitramfs = (facts: HostFacts, plan: Plan): readonly Artifact[] => {
  const copies = facts.boot.images.filter(({release, path}) => path !== imagePath(release) && path.endsWith('/initrd'));
  const kernels = facts.boot.kernels.filter((release) => earlyBinding(plan).canBind(facts, release));
  const images = [
    ...kernels.map((release) => ({release, path: imagePath(release)})),
    ...copies.filter(({release}) => earlyBinding(plan).canBind(facts, release)),
  ].map((image) => renderImage(facts, plan, image));
  const hooks = Object.keys(facts.files).some((path) => path.startsWith(`${hookDirectory}/`));
  return [...images, ...(hooks ? kernels.map(renderHooks) : [])];
};

const renderInitramfsCopy = (
  facts: HostFacts,
  plan: Plan,
  {release, path, commandLine}: ImageCopy,
): GeneratedArtifact | null =>
  release === null || commandLine !== undefined ? null : renderImage(facts, plan, {release, path});

const imagePath = (release: string): string => `/boot/initrd.img-${release}`;

/** kernel-install keeps a copy of its own next to each boot entry. */
const renderImage = (facts: HostFacts, plan: Plan, {release, path}: InitramfsImage): GeneratedArtifact => ({
  kind: 'generated',
  path,
  argv: ['/usr/sbin/mkinitramfs', '-o', '{output}', release],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {kind: 'listing', argv: ['/usr/bin/lsinitramfs', '{output}'], contains: expectedMembers(facts, plan, release)},
    ...(plan.binding.byAddress.length > 0 ? [callsScript] : []),
  ],
  triggers: initramfsTriggers,
  timeoutSeconds: 900,
  why: [
    `Kernel ${release} reads modules, modprobe.d and the boot script from its initramfs, before the root file system is there.`,
  ],
});

/** tsort makes the order when the image is made, from what all scripts say that they need (initramfs-tools: cache_run_scripts). */
const callsScript: Validation = {
  kind: 'order',
  member: 'scripts/init-top/ORDER',
  script: '/scripts/init-top/00-vfio-pilot',
  before: '/scripts/init-top/udev',
};

const expectedMembers = (facts: HostFacts, plan: Plan, release: string): readonly string[] => [
  'scripts/init-top/ORDER',
  ...(plan.binding.byAddress.length > 0 ? ['scripts/init-top/00-vfio-pilot'] : []),
  ...bindingMembers(facts, plan, release),
];

const renderHooks = (release: string): CommandArtifact => {
  const argv: CommandArtifact['argv'] = [
    '/usr/bin/run-parts',
    `--arg=${release}`,
    `--arg=${imagePath(release)}`,
    hookDirectory,
  ];
  return {
    kind: 'command',
    argv,
    undo: argv,
    triggers: [...initramfsTriggers, imagePath(release)],
    onlyWith: imagePath(release),
    timeoutSeconds: 300,
    why: [`Packages on this system have hooks for a new initramfs (${hookDirectory}).`],
  };
};

const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const script = byAddress.length === 0 ? '' : renderBootScript(plan, facts.pci);
  const owned = renderOwned(
    facts,
    bootScriptPath,
    script,
    0o755,
    `Hands ${listWords(byAddress)} to ${earlyBinding(plan).keeper} before any other driver loads.`,
  );
  return joinRendered([owned, renderModules(facts, plan)]);
};

const renderModules = (facts: HostFacts, plan: Plan): Rendered => {
  const present = facts.files[initramfsModulesPath];
  const unreadable = judgeReadable(present);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const before = present?.text ?? '';
  const text = editInitramfsModules(before, plan.binding.initramfsModules, plan.profile);
  if (text === null) return {artifacts: [], findings: [damagedMarks]};
  if (text === before && plan.binding.initramfsModules.length === 0) return {artifacts: [], findings: []};
  return {
    artifacts: [
      {
        kind: 'file',
        path: initramfsModulesPath,
        text,
        encoding: present?.encoding ?? 'utf8',
        mode: 0o644,
        placing: 'first',
        by: 'writer',
        why: [`The initramfs must contain ${plan.binding.initramfsModules.join(', ') || 'no module for passthrough'}.`],
      },
    ],
    findings: [],
  };
};

const damagedMarks: Finding = {
  code: 'file-foreign',
  severity: 'blocker',
  subject: initramfsModulesPath,
  message: `${initramfsModulesPath} has only one of the two marks "# BEGIN vfio-pilot" and "# END vfio-pilot", or has them twice.`,
  remedy: 'Remove the lines that vfio-pilot wrote, with the marks, then run the command again.',
};

/** Ubuntu's new installations have dracut from 25.10 on, so nothing is said about those. */
const guess: ImageSystem['guess'] = (source) => {
  const release = source.text('/etc/os-release') ?? source.text('/usr/lib/os-release') ?? '';
  const field = (name: string): string => new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(release)?.[1] ?? '';
  const isDebian =
    [field('ID'), ...field('ID_LIKE').split(' ')].includes('debian') || source.exists('/etc/debian_version');
  if (!isDebian || (field('ID') === 'ubuntu' && Number(field('VERSION_ID')) >= 25.1)) return null;
  const name = field('PRETTY_NAME') === '' ? 'Debian' : field('PRETTY_NAME');
  return `Nothing else is known, but this is ${name}, which comes with initramfs-tools.`;
};

const programs = ['update-initramfs', 'mkinitramfs'];

export const initramfsTools: ImageSystem = {
  ...plainImages,
  name: 'initramfs-tools',
  programs: programs.flatMap((program) => [`/usr/sbin/${program}`, `/sbin/${program}`]),
  settings: ['/etc/initramfs-tools'],
  guess,
  files: [
    looksAt('/usr/sbin', programs.join(' '), 'presence'),
    looksAt('/sbin', programs.join(' '), 'presence'),
    looksAt('/etc', 'initramfs-tools os-release'),
    keeps('/etc', 'modules'),
    keeps('/etc/initramfs-tools', 'modules initramfs.conf'),
    keeps('/etc/initramfs-tools', 'conf.d/* hooks/* scripts/*/*'),
    keeps(hookDirectory, '*'),
  ],
  renderFiles,
  triggers: initramfsTriggers,
  renderImages: renderInitramfs,
  renderCopy: renderInitramfsCopy,
  judgeSettings: () => [],
  judgeImages: () => [],
  claim: 'script',
  // Debian's kernel-install copies the image of /boot; those of others have a plugin that makes one.
  installed: (release) => ({kernel: `/boot/vmlinuz-${release}`, image: imagePath(release)}),
  remake: 'update-initramfs -u -k all',
  trialImage,
};
