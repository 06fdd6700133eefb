import type {HostFacts, InitramfsImage} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {GeneratedArtifact} from '../artifact.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';
import {joinRendered, renderOwned} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import {dracutConfPath, dracutHookPath, dracutSetupPath, renderDracutConf, renderDracutHook, renderDracutSetup} from './dracut-files.ts';
import type {ImageCopy, InitramfsBackend} from './initramfs-system.ts';
import {canBind, expectedModuleFiles} from './module-files.ts';

const triggers = [modprobePath, dracutConfPath, dracutSetupPath, dracutHookPath];

const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const hasHook = byAddress.length > 0;
  return joinRendered([
    renderOwned(facts, dracutConfPath, renderDracutConf(plan), 0o644, 'What dracut puts into every image.'),
    renderOwned(facts, dracutSetupPath, hasHook ? renderDracutSetup(plan) : '', 0o755, 'Tells dracut where the hook goes.'),
    renderOwned(facts, dracutHookPath, hasHook ? renderDracutHook(plan, facts.pci) : '', 0o755, `Gives ${byAddress.join(' and ')} to vfio-pci before udev starts.`),
  ]);
};

const renderImages = (facts: HostFacts, plan: Plan): readonly GeneratedArtifact[] =>
  imagesOf(facts).filter(({release}) => canBind(facts, release)).map((image) => renderImage(facts, plan, image));

const renderImage = (facts: HostFacts, plan: Plan, {release, path}: InitramfsImage, options: readonly string[] = []): GeneratedArtifact => ({
  kind: 'generated',
  path,
  argv: ['/usr/bin/dracut', '--force', ...options, '{output}', release],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {kind: 'listing', argv: dracutLister, contains: dracutMembers(facts, plan, release)},
  ],
  triggers,
  timeoutSeconds: 900,
  why: [`Kernel ${release} reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.`],
});

const renderCopy = (facts: HostFacts, plan: Plan, {release, path, commandLine}: ImageCopy): GeneratedArtifact | null =>
  release === null ? null : renderImage(facts, plan, {release, path}, commandLine === undefined ? [] : ['--uefi', '--kernel-cmdline', commandLine]);

export const dracutLister = ['/usr/bin/lsinitrd', '{output}'] as const;

/** What a listing must show. The directory of hooks has moved between versions; the part behind it has not. */
export const dracutMembers = (facts: HostFacts, plan: Plan, release: string | null): readonly string[] => [
  ...(plan.binding.byAddress.length > 0 ? ['hooks/pre-udev/00-vfio-pilot.sh'] : []),
  ...(renderModprobe(plan) === '' ? [] : ['etc/modprobe.d/vfio-pilot.conf']),
  ...expectedModuleFiles(facts, release, plan.binding.initramfsModules),
];

const imagesOf = ({boot}: HostFacts): NonNullable<HostFacts['boot']['images']> => boot.images ?? [];

const judgeImages = (facts: HostFacts): readonly Finding[] => {
  const images = imagesOf(facts);
  const bare = facts.boot.kernels.filter((release) => !images.some((image) => image.release === release));
  if (images.length > 0 && bare.length === 0) return [];
  return [{
    code: 'initramfs-unsupported',
    severity: 'blocker',
    subject: 'binding',
    message: `Where the initramfs of ${bare.length === 0 ? 'the installed kernels' : `kernel ${bare.join(' and ')}`} lies is not known: none was found in /boot or on the EFI partition.`,
    remedy: 'Run this as root on the started machine with /boot and the EFI partition mounted, or remove the kernel that has none.',
  }];
};

export const dracut: InitramfsBackend = {renderFiles, triggers, renderImages, renderCopy, judgeSettings: () => [], judgeImages};
