import type {FileFacts, HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {GeneratedArtifact} from '../artifact.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';
import {judgeReadable} from '../own-file.ts';
import {joinRendered, renderOwned} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import type {ImageCopy, InitramfsBackend} from './initramfs-system.ts';
import {
  mkinitcpioConfPath,
  mkinitcpioDropInDirectory,
  mkinitcpioHookPath,
  mkinitcpioInstallPath,
  mkinitcpioUnitPath,
  renderMkinitcpioConf,
  renderMkinitcpioHook,
  renderMkinitcpioInstall,
  renderMkinitcpioUnit,
} from './mkinitcpio-files.ts';
import {withoutOwnPreset} from './edit-preset.ts';
import {parsePreset} from './mkinitcpio-preset.ts';
import type {PresetImage} from './mkinitcpio-preset.ts';
import {expectedModuleFiles} from './module-files.ts';
import {readHooks} from './read-hooks.ts';

const triggers = [modprobePath, mkinitcpioConfPath, mkinitcpioInstallPath, mkinitcpioHookPath, mkinitcpioUnitPath];

const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const onlyByAddress = (text: string): string => (byAddress.length === 0 ? '' : text);
  return joinRendered([
    renderOwned(facts, mkinitcpioConfPath, renderMkinitcpioConf(plan), 0o644, 'What mkinitcpio puts into every image.'),
    renderOwned(facts, mkinitcpioInstallPath, onlyByAddress(renderMkinitcpioInstall(plan)), 0o644, 'Tells mkinitcpio what the hook needs.'),
    renderOwned(facts, mkinitcpioHookPath, byAddress.length === 0 ? '' : renderMkinitcpioHook(plan, facts.pci), 0o644, `Gives ${byAddress.join(' and ')} to vfio-pci before udev looks for devices.`),
    renderOwned(facts, mkinitcpioUnitPath, onlyByAddress(renderMkinitcpioUnit(plan)), 0o644, 'Runs the hook in images that systemd starts.'),
  ]);
};

const presetsOf = ({files}: HostFacts): readonly FileFacts[] => Object.values(files).filter((file) => file.path.startsWith('/etc/mkinitcpio.d/') && file.path.endsWith('.preset'));

/** The fallback image as well: it is started when the other one fails, and would give the card to its driver. */
const imagesOf = (facts: HostFacts): readonly PresetImage[] =>
  presetsOf(facts).flatMap((file) => {
    const preset = parsePreset(withoutOwnPreset(file.text ?? ''));
    return preset.ok ? preset.images : [];
  });

const renderImages = (facts: HostFacts, plan: Plan): readonly GeneratedArtifact[] =>
  imagesOf(facts).map((image) => renderImage(facts, plan, image));

const renderImage = (facts: HostFacts, plan: Plan, {kernel, image, isUnified, options}: PresetImage): GeneratedArtifact => ({
  kind: 'generated',
  path: image,
  argv: ['/usr/bin/mkinitcpio', '-k', kernel, isUnified ? '-U' : '-g', '{output}', ...options],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {kind: 'listing', argv: mkinitcpioLister, contains: mkinitcpioMembers(facts, plan, /^\d/.test(kernel) ? kernel : null)},
  ],
  triggers,
  timeoutSeconds: 900,
  why: [`${kernel} reads modules, modprobe.d and the hook from this image, before the root file system is there.`],
});

const renderCopy = (facts: HostFacts, plan: Plan, {of, release, path, commandLine}: ImageCopy): GeneratedArtifact | null => {
  const listed = imagesOf(facts).find(({image, isUnified}) => image === of && isUnified === (commandLine !== undefined));
  if (listed !== undefined) return renderImage(facts, plan, {...listed, image: path});
  return release === null || commandLine !== undefined ? null : renderImage(facts, plan, {kernel: release, image: path, isUnified: false, options: []});
};

export const mkinitcpioLister = ['/usr/bin/lsinitcpio', '{output}'] as const;

/** What a listing of the image must show; `null` where it could be that of any kernel. */
export const mkinitcpioMembers = (facts: HostFacts, plan: Plan, release: string | null): readonly string[] => {
  const hasHook = plan.binding.byAddress.length > 0;
  const hasSystemd = readHooks(facts.files)?.includes('systemd') === true;
  return [
    ...(hasHook ? ['hooks/vfio-pilot'] : []),
    ...(hasHook && hasSystemd ? ['sysinit.target.wants/vfio-pilot.service'] : []),
    ...(renderModprobe(plan) === '' ? [] : ['etc/modprobe.d/vfio-pilot.conf']),
    ...expectedModuleFiles(facts, release, plan.binding.initramfsModules),
  ];
};

const judgeSettings = (facts: HostFacts): readonly Finding[] => {
  const hasDirectory = facts.files[mkinitcpioDropInDirectory] !== undefined;
  return [
    ...(hasDirectory ? [] : [cannot(mkinitcpioDropInDirectory, `${mkinitcpioDropInDirectory} does not exist: this mkinitcpio is too old to read drop-ins.`, 'Upgrade mkinitcpio (38 or later), or set binding: libvirt.')]),
    ...judgeHooks(facts),
  ];
};

const judgeImages = (facts: HostFacts): readonly Finding[] => {
  const presets = presetsOf(facts);
  return [
    ...(presets.length > 0 ? [] : [cannot('/etc/mkinitcpio.d', 'There is no preset in /etc/mkinitcpio.d, so which images there are is not known.', 'Reinstall the kernel package, which writes its preset, then run the command again.')]),
    ...presets.flatMap(judgePreset),
  ];
};

const judgePreset = (file: FileFacts): readonly Finding[] => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return [unreadable];
  const preset = parsePreset(withoutOwnPreset(file.text ?? ''));
  const unified = preset.ok ? preset.images.find(({isUnified}) => isUnified) : undefined;
  if (preset.ok && unified === undefined) return [];
  const reason = preset.ok ? `it makes the unified kernel image ${unified?.image ?? ''}` : preset.reason;
  return [cannot(file.path, `${file.path} can't be followed: ${reason}.`, 'Simplify the preset, or set binding: libvirt.')];
};

const judgeHooks = ({files}: HostFacts): readonly Finding[] => {
  const hooks = readHooks(files);
  const path = '/etc/mkinitcpio.conf';
  if (hooks === null) return [cannot(path, `HOOKS of ${path} can't be read as a plain list, so whether the image has udev or systemd is not known.`, 'Write it as HOOKS=(base udev …), then run the command again.')];
  if (!hooks.includes('base')) return [cannot(path, `HOOKS of ${path} has no base, whose shell and modprobe the hook needs.`, 'Add base at the beginning of HOOKS, or set binding: libvirt.')];
  return [];
};

const cannot = (subject: string, message: string, remedy: string): Finding => ({code: 'initramfs-unsupported', severity: 'blocker', subject, message, remedy});

export const mkinitcpio: InitramfsBackend = {renderFiles, triggers, renderImages, renderCopy, judgeSettings, judgeImages};
