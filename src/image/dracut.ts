import {earlyBinding} from '../binding/early-binding.ts';
import {modprobePath} from '../binding/files.ts';
import {bindingMembers} from './binding-members.ts';
import type {GeneratedArtifact} from '../artifacts/artifact.ts';
import {joinRendered, ownHeader, type Rendered, renderOwned} from '../artifacts/rendered.ts';
import type {InitramfsImage} from '../facts/boot.ts';
import {keeps, looksAt} from '../facts/file-table.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import type {Finding} from '../findings/finding.ts';
import type {Plan} from '../plan/plan.ts';
import {type ImageCopy, type ImageSystem, plainImages} from './image-system.ts';
import {listWords} from '../words/list-words.ts';

const dracutConfPath = '/etc/dracut.conf.d/90-vfio-pilot.conf';
const moduleDirectory = '/usr/lib/dracut/modules.d/90vfio-pilot';
const dracutSetupPath = `${moduleDirectory}/module-setup.sh`;
const dracutHookPath = `${moduleDirectory}/vfio-pilot.sh`;

/**
 * Text of our file in dracut.conf.d; empty when the plan has nothing for the image. The blanks inside the quotes keep
 * the words apart from those of other files (dracut.conf(5)).
 *
 * By address the hook loads the driver: `force_drivers` would do so before the hook, and vfio-pci would find nothing.
 */
export const renderDracutConf = (plan: Plan): string => {
  const {byAddress, initramfsModules} = plan.binding;
  const hasModprobe = earlyBinding(plan).moduleOptions() !== '';
  const lines = [
    ...(initramfsModules.length === 0
      ? []
      : [`${byAddress.length > 0 ? 'add_drivers' : 'force_drivers'}+=" ${initramfsModules.join(' ')} "`]),
    ...(byAddress.length === 0 ? [] : ['add_dracutmodules+=" vfio-pilot "']),
    ...(hasModprobe ? [`install_items+=" ${modprobePath} "`] : []),
  ];
  return lines.length === 0 ? '' : `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

/** A module of our own, so that dracut itself finds the directory for hooks, which is not the same in all versions. */
export const renderDracutSetup = (plan: Plan): string => `#!/bin/bash
${ownHeader('#', plan.profile)}
# 255: only when add_dracutmodules asks for it.
check() {
	return 255
}

depends() {
	return 0
}

install() {
	inst_hook pre-udev 00 "$moddir/vfio-pilot.sh"
}
`;

/** dracut reads its hooks into its own shell: neither variables nor an exit may leave this one. */
export const renderDracutHook = (plan: Plan, pci: readonly PciFunction[]): string => `#!/bin/sh
${ownHeader('#', plan.profile)}(
${earlyBinding(plan).claims(pci)})
`;

const triggers = [modprobePath, dracutConfPath, dracutSetupPath, dracutHookPath];

const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const hasHook = byAddress.length > 0;
  return joinRendered([
    renderOwned(facts, dracutConfPath, renderDracutConf(plan), 0o644, 'What dracut puts into every image.'),
    renderOwned(
      facts,
      dracutSetupPath,
      hasHook ? renderDracutSetup(plan) : '',
      0o755,
      'Tells dracut where the hook goes.',
    ),
    renderOwned(
      facts,
      dracutHookPath,
      hasHook ? renderDracutHook(plan, facts.pci) : '',
      0o755,
      `Gives ${listWords(byAddress)} to ${earlyBinding(plan).keeper} before udev starts.`,
    ),
  ]);
};

const renderImages = (facts: HostFacts, plan: Plan): readonly GeneratedArtifact[] =>
  imagesOf(facts)
    .filter(({release}) => earlyBinding(plan).canBind(facts, release))
    .map((image) => renderImage(facts, plan, image));

const renderImage = (
  facts: HostFacts,
  plan: Plan,
  {release, path}: InitramfsImage,
  options: readonly string[] = [],
): GeneratedArtifact => ({
  kind: 'generated',
  path,
  argv: ['/usr/bin/dracut', '--force', ...options, '{output}', release],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {kind: 'listing', argv: dracutLister, contains: dracutMembers(facts, plan, release)},
  ],
  triggers,
  timeoutSeconds: 900,
  why: [
    `Kernel ${release} reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.`,
  ],
});

const renderCopy = (facts: HostFacts, plan: Plan, {release, path, commandLine}: ImageCopy): GeneratedArtifact | null =>
  release === null
    ? null
    : renderImage(
        facts,
        plan,
        {release, path},
        commandLine === undefined ? [] : ['--uefi', '--kernel-cmdline', commandLine],
      );

export const dracutLister = ['/usr/bin/lsinitrd', '{output}'] as const;

/** What a listing must show. The directory of hooks has moved between versions; the part behind it has not. */
export const dracutMembers = (facts: HostFacts, plan: Plan, release: string | null): readonly string[] => [
  ...(plan.binding.byAddress.length > 0 ? ['hooks/pre-udev/00-vfio-pilot.sh'] : []),
  ...bindingMembers(facts, plan, release),
];

const imagesOf = ({boot}: HostFacts): HostFacts['boot']['images'] => boot.images;

const judgeImages = (facts: HostFacts): readonly Finding[] => {
  const images = imagesOf(facts);
  const bare = facts.boot.kernels.filter((release) => !images.some((image) => image.release === release));
  if (images.length > 0 && bare.length === 0) return [];
  return [
    {
      code: 'initramfs-unsupported',
      severity: 'blocker',
      subject: 'binding',
      message: `Where the initramfs of ${bare.length === 0 ? 'the installed kernels' : `kernel ${listWords(bare)}`} lies is not known: none was found in /boot or on the EFI partition.`,
      remedy:
        'Run this as root on the started machine with /boot and the EFI partition mounted, or remove the kernel that has none.',
    },
  ];
};

export const dracut: ImageSystem = {
  ...plainImages,
  name: 'dracut',
  programs: ['/usr/bin/dracut', '/usr/sbin/dracut', '/sbin/dracut'],
  settings: ['/etc/dracut.conf', '/etc/dracut.conf.d'],
  guess: () => null,
  files: [
    looksAt('/usr/bin', 'dracut', 'presence'),
    looksAt('/usr/sbin', 'dracut', 'presence'),
    looksAt('/sbin', 'dracut', 'presence'),
    keeps('/etc', 'dracut.conf'),
    keeps('/etc/dracut.conf.d', '*.conf'),
    looksAt('/etc/dracut.conf.d', '*'),
    keeps(moduleDirectory, '*.sh'),
  ],
  renderFiles,
  triggers,
  renderImages,
  renderCopy,
  judgeSettings: () => [],
  judgeImages,
  claim: 'script',
  remake: 'kernel-install add-all',
  trialImage: null,
};
