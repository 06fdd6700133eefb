import type {HostFacts, InitramfsImage} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact, CommandArtifact, GeneratedArtifact, Validation} from '../artifact.ts';
import {bootScriptPath, initramfsModulesPath} from './initramfs-tools.ts';
import type {ImageCopy} from './initramfs-system.ts';
import {canBind, expectedModuleFiles} from './module-files.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';

/** Files whose change the image must follow. */
export const initramfsTriggers: readonly string[] = [modprobePath, initramfsModulesPath, bootScriptPath];

const hookDirectory = '/etc/initramfs/post-update.d';

/**
 * One image for each installed kernel, since any of them may be started next.
 *
 * Not `update-initramfs -u -k all`: it moves the new image into place before it is synced, skips silently when
 * update_initramfs=no, and nobody has looked inside the image by then. It does no more than mkinitramfs besides:
 * a .bak copy, and the hooks in post-update.d, which are run here when there are any. Checksums of images under
 * /var/lib/initramfs-tools ended with 0.138 (Debian 12 has 0.142).
 * mkinitramfs copies /etc/modprobe.d by itself, no hook is needed for it.
 */
export const renderInitramfs = (facts: HostFacts, plan: Plan): readonly Artifact[] => {
  const copies = (facts.boot.images ?? []).filter(({release, path}) => path !== imagePath(release) && path.endsWith('/initrd'));
  const kernels = facts.boot.kernels.filter((release) => canBind(facts, release));
  const images = [...kernels.map((release) => ({release, path: imagePath(release)})), ...copies.filter(({release}) => canBind(facts, release))].map((image) => renderImage(facts, plan, image));
  const hooks = Object.keys(facts.files).some((path) => path.startsWith(`${hookDirectory}/`));
  return [...images, ...(hooks ? kernels.map(renderHooks) : [])];
};

export const renderInitramfsCopy = (facts: HostFacts, plan: Plan, {release, path, commandLine}: ImageCopy): GeneratedArtifact | null =>
  release === null || commandLine !== undefined ? null : renderImage(facts, plan, {release, path});

const imagePath = (release: string): string => `/boot/initrd.img-${release}`;

/** kernel-install keeps a copy of its own beside each boot entry. */
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
  why: [`Kernel ${release} reads modules, modprobe.d and the boot script from its initramfs, before the root file system is there.`],
});

/** tsort makes the order when the image is made, from what all scripts say that they need (initramfs-tools: cache_run_scripts). */
const callsScript: Validation = {kind: 'order', member: 'scripts/init-top/ORDER', script: '/scripts/init-top/00-vfio-pilot', before: '/scripts/init-top/udev'};

const expectedMembers = (facts: HostFacts, plan: Plan, release: string): readonly string[] => [
  'scripts/init-top/ORDER',
  ...(plan.binding.byAddress.length > 0 ? ['scripts/init-top/00-vfio-pilot'] : []),
  ...(renderModprobe(plan) === '' ? [] : ['etc/modprobe.d/vfio-pilot.conf']),
  ...expectedModuleFiles(facts, release, plan.binding.initramfsModules),
];

const renderHooks = (release: string): CommandArtifact => {
  const argv: CommandArtifact['argv'] = ['/usr/bin/run-parts', `--arg=${release}`, `--arg=${imagePath(release)}`, hookDirectory];
  return {
    kind: 'command',
    argv,
    undo: argv,
    triggers: [...initramfsTriggers, imagePath(release)],
    onlyWith: imagePath(release),
    timeoutSeconds: 300,
    why: [`Packages on this system want to be told about a new initramfs (${hookDirectory}).`],
  };
};
