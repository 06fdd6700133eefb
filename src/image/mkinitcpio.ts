import {earlyBinding} from '../binding/early-binding.ts';
import {modprobePath} from '../binding/files.ts';
import {bindingMembers} from './binding-members.ts';
import type {GeneratedArtifact} from '../artifacts/artifact.ts';
import {joinRendered, judgeReadable, ownHeader, type Rendered, renderOwned} from '../artifacts/rendered.ts';
import {keeps, looksAt} from '../facts/file-table.ts';
import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import type {Finding} from '../findings/finding.ts';
import {parseShellScript} from '../formats/shell/parse.ts';
import {type ShellScript, ShellSyntaxError} from '../formats/shell/script.ts';
import type {Plan} from '../plan/plan.ts';
import {type ImageCopy, type ImageSystem, plainImages} from './image-system.ts';
import {withoutOwnBlock} from '../formats/own-block.ts';
import {editPreset, parsePreset, type PresetImage} from './mkinitcpio-preset.ts';
import {listWords} from '../words/list-words.ts';

/** Hooks of the image: of mkinitcpio.conf and of the drop-ins behind it; `null` where they are no plain bash array. */
export const readHooks = (files: Readonly<Record<string, FileFacts>>): readonly string[] | null => {
  const dropIns = Object.keys(files).filter(
    (path) => path.startsWith(`${mkinitcpioDropInDirectory}/`) && path !== mkinitcpioConfPath,
  );
  let hooks: readonly string[] | null = null;
  for (const path of ['/etc/mkinitcpio.conf', ...dropIns.sort()]) {
    const script = parseBash(files[path]?.text ?? '');
    if (script === null || script.assignments.some(({name}) => name === 'HOOKS')) return null;
    for (const {operator, words, isConditional} of script.arrays.filter(({name}) => name === 'HOOKS')) {
      const isPlain = !isConditional && words.every(({expansions}) => expansions.size === 0);
      if (!isPlain || (operator === '+=' && hooks === null)) return null;
      const texts = words.map(({text}) => text).filter((text) => text !== '');
      hooks = operator === '+=' ? [...(hooks ?? []), ...texts] : texts;
    }
  }
  return hooks;
};

const parseBash = (text: string): ShellScript | null => {
  try {
    return parseShellScript(text, 'bash');
  } catch (error) {
    if (error instanceof ShellSyntaxError) return null;
    throw error;
  }
};

const mkinitcpioDropInDirectory = '/etc/mkinitcpio.conf.d';
const mkinitcpioConfPath = `${mkinitcpioDropInDirectory}/zz-vfio-pilot.conf`;
const mkinitcpioInstallPath = '/etc/initcpio/install/vfio-pilot';
const mkinitcpioHookPath = '/etc/initcpio/hooks/vfio-pilot';
const mkinitcpioUnitPath = '/etc/initcpio/vfio-pilot.service';

/** Text of our file in mkinitcpio.conf.d, which is read after mkinitcpio.conf; empty when the plan has nothing for it. */
export const renderMkinitcpioConf = (plan: Plan): string => {
  const {byAddress, initramfsModules} = plan.binding;
  if (byAddress.length > 0) return `${ownHeader('#', plan.profile)}HOOKS+=(vfio-pilot)\n`;
  const lines = [
    ...(initramfsModules.length === 0 ? [] : [`MODULES+=(${initramfsModules.join(' ')})`]),
    ...(earlyBinding(plan).moduleOptions() === '' ? [] : [`FILES+=(${modprobePath})`]),
  ];
  return lines.length === 0 ? '' : `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

/**
 * What goes into the image. The modules are added and not listed in MODULES: systemd would load those while udev is
 * at work already. An image with systemd knows no runtime hooks, so there a unit runs the same function.
 */
const renderMkinitcpioInstall = (plan: Plan): string => `#!/bin/bash
${ownHeader('#', plan.profile)}
build() {
${plan.binding.initramfsModules.map((module) => `	add_module ${module}\n`).join('')}	add_runscript
${earlyBinding(plan).moduleOptions() === '' ? '' : `	add_file ${modprobePath}\n`}	if [[ -e $BUILDROOT/usr/lib/systemd/system/initrd.target ]]; then
		add_file ${mkinitcpioUnitPath} /usr/lib/systemd/system/vfio-pilot.service 644
		add_symlink /usr/lib/systemd/system/sysinit.target.wants/vfio-pilot.service ../vfio-pilot.service
	fi
}

help() {
	echo 'Gives devices to vfio-pci by their address, before udev loads drivers.'
}
`;

/** Early hooks run before MODULES are loaded and before udev looks for devices (mkinitcpio: init). */
export const renderMkinitcpioHook = (plan: Plan, pci: readonly PciFunction[]): string => `#!/usr/bin/ash
${ownHeader('#', plan.profile)}
run_earlyhook() (
${earlyBinding(plan).claims(pci)})
`;

export const renderMkinitcpioUnit = (plan: Plan): string => `${ownHeader('#', plan.profile)}[Unit]
Description=Give devices to vfio-pci by their address
DefaultDependencies=no
Before=systemd-udev-trigger.service systemd-modules-load.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c '. /hooks/vfio-pilot && run_earlyhook'
`;

const triggers = [modprobePath, mkinitcpioConfPath, mkinitcpioInstallPath, mkinitcpioHookPath, mkinitcpioUnitPath];

const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const onlyByAddress = (text: string): string => (byAddress.length === 0 ? '' : text);
  return joinRendered([
    renderOwned(facts, mkinitcpioConfPath, renderMkinitcpioConf(plan), 0o644, 'What mkinitcpio puts into every image.'),
    renderOwned(
      facts,
      mkinitcpioInstallPath,
      onlyByAddress(renderMkinitcpioInstall(plan)),
      0o644,
      'Tells mkinitcpio what the hook needs.',
    ),
    renderOwned(
      facts,
      mkinitcpioHookPath,
      byAddress.length === 0 ? '' : renderMkinitcpioHook(plan, facts.pci),
      0o644,
      `Gives ${listWords(byAddress)} to ${earlyBinding(plan).keeper} before udev looks for devices.`,
    ),
    renderOwned(
      facts,
      mkinitcpioUnitPath,
      onlyByAddress(renderMkinitcpioUnit(plan)),
      0o644,
      'Runs the hook in images that systemd starts.',
    ),
  ]);
};

const presetsOf = ({files}: HostFacts): readonly FileFacts[] =>
  Object.values(files).filter((file) => file.path.startsWith('/etc/mkinitcpio.d/') && file.path.endsWith('.preset'));

/** The fallback image as well: it is started when the other one fails, and would give the card to its driver. */
const imagesOf = (facts: HostFacts): readonly PresetImage[] =>
  presetsOf(facts).flatMap((file) => {
    const preset = parsePreset(withoutOwnBlock(file.text ?? ''));
    return preset.ok ? preset.images : [];
  });

const renderImages = (facts: HostFacts, plan: Plan): readonly GeneratedArtifact[] =>
  imagesOf(facts).map((image) => renderImage(facts, plan, image));

const renderImage = (
  facts: HostFacts,
  plan: Plan,
  {kernel, image, isUnified, options}: PresetImage,
): GeneratedArtifact => ({
  kind: 'generated',
  path: image,
  argv: ['/usr/bin/mkinitcpio', '-k', kernel, isUnified ? '-U' : '-g', '{output}', ...options],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {
      kind: 'listing',
      argv: mkinitcpioLister,
      contains: mkinitcpioMembers(facts, plan, /^\d/.test(kernel) ? kernel : null),
    },
  ],
  triggers,
  timeoutSeconds: 900,
  why: [`${kernel} reads modules, modprobe.d and the hook from this image, before the root file system is there.`],
});

const renderCopy = (
  facts: HostFacts,
  plan: Plan,
  {of, release, path, commandLine}: ImageCopy,
): GeneratedArtifact | null => {
  const listed = imagesOf(facts).find(
    ({image, isUnified}) => image === of && isUnified === (commandLine !== undefined),
  );
  if (listed !== undefined) return renderImage(facts, plan, {...listed, image: path});
  return release === null || commandLine !== undefined
    ? null
    : renderImage(facts, plan, {kernel: release, image: path, isUnified: false, options: []});
};

export const mkinitcpioLister = ['/usr/bin/lsinitcpio', '{output}'] as const;

/** What a listing of the image must show; `null` where it could be that of any kernel. */
export const mkinitcpioMembers = (facts: HostFacts, plan: Plan, release: string | null): readonly string[] => {
  const hasHook = plan.binding.byAddress.length > 0;
  const hasSystemd = readHooks(facts.files)?.includes('systemd') === true;
  return [
    ...(hasHook ? ['hooks/vfio-pilot'] : []),
    ...(hasHook && hasSystemd ? ['sysinit.target.wants/vfio-pilot.service'] : []),
    ...bindingMembers(facts, plan, release),
  ];
};

const judgeSettings = (facts: HostFacts): readonly Finding[] => {
  const hasDirectory = facts.files[mkinitcpioDropInDirectory] !== undefined;
  return [
    ...(hasDirectory
      ? []
      : [
          cannot(
            mkinitcpioDropInDirectory,
            `${mkinitcpioDropInDirectory} does not exist: this mkinitcpio is too old to read drop-ins.`,
            'Upgrade mkinitcpio (38 or later), or set binding: libvirt.',
          ),
        ]),
    ...judgeHooks(facts),
  ];
};

const judgeImages = (facts: HostFacts): readonly Finding[] => {
  const presets = presetsOf(facts);
  return [
    ...(presets.length > 0
      ? []
      : [
          cannot(
            '/etc/mkinitcpio.d',
            'There is no preset in /etc/mkinitcpio.d, so which images there are is not known.',
            'Reinstall the kernel package, which writes its preset, then run the command again.',
          ),
        ]),
    ...presets.flatMap(judgePreset),
  ];
};

const judgePreset = (file: FileFacts): readonly Finding[] => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return [unreadable];
  const preset = parsePreset(withoutOwnBlock(file.text ?? ''));
  const unified = preset.ok ? preset.images.find(({isUnified}) => isUnified) : undefined;
  if (preset.ok && unified === undefined) return [];
  const reason = preset.ok ? `it makes the unified kernel image ${unified?.image ?? ''}` : preset.reason;
  return [
    cannot(file.path, `${file.path} can't be followed: ${reason}.`, 'Simplify the preset, or set binding: libvirt.'),
  ];
};

const judgeHooks = ({files}: HostFacts): readonly Finding[] => {
  const hooks = readHooks(files);
  const path = '/etc/mkinitcpio.conf';
  if (hooks === null)
    return [
      cannot(
        path,
        `HOOKS of ${path} can't be read as a plain list, so whether the image has udev or systemd is not known.`,
        'Write it as HOOKS=(base udev …), then run the command again.',
      ),
    ];
  if (!hooks.includes('base'))
    return [
      cannot(
        path,
        `HOOKS of ${path} has no base, whose shell and modprobe the hook needs.`,
        'Add base at the beginning of HOOKS, or set binding: libvirt.',
      ),
    ];
  return [];
};

const cannot = (subject: string, message: string, remedy: string): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject,
  message,
  remedy,
});

/** A preset for each of our images. */
const keepCopies: ImageSystem['keepCopies'] = (facts, plan, images) => {
  const artifacts = presetsOf(facts).flatMap((file): Rendered['artifacts'] => {
    const text = editPreset(file.text ?? '', images, plan.profile);
    const why = [
      'The kernel keeps its name when it is updated; then mkinitcpio makes the image of our boot entry anew as well.',
    ];
    return text === null
      ? []
      : [
          {
            kind: 'file',
            path: file.path,
            text,
            encoding: file.encoding,
            mode: 0o644,
            placing: 'first',
            by: 'writer',
            why,
          },
        ];
  });
  return {artifacts, findings: []};
};

export const mkinitcpio: ImageSystem = {
  ...plainImages,
  name: 'mkinitcpio',
  programs: ['/usr/bin/mkinitcpio', '/usr/sbin/mkinitcpio', '/sbin/mkinitcpio'],
  settings: ['/etc/mkinitcpio.conf', '/etc/mkinitcpio.d'],
  guess: () => null,
  files: [
    looksAt('/usr/bin', 'mkinitcpio', 'presence'),
    looksAt('/usr/sbin', 'mkinitcpio', 'presence'),
    looksAt('/sbin', 'mkinitcpio', 'presence'),
    keeps('/etc', 'mkinitcpio.conf'),
    keeps(mkinitcpioDropInDirectory, '. *.conf'),
    looksAt(mkinitcpioDropInDirectory, '*'),
    looksAt('/etc', 'mkinitcpio.d'),
    keeps('/etc/mkinitcpio.d', '*.preset'),
    keeps('/etc/initcpio', 'vfio-pilot.service hooks/vfio-pilot install/vfio-pilot'),
  ],
  renderFiles,
  triggers,
  renderImages,
  renderCopy,
  judgeSettings,
  judgeImages,
  claim: 'script',
  keepCopies,
  unifiedImages: (facts) =>
    imagesOf(facts)
      .filter(({isUnified, image}) => isUnified && !/fallback/.test(image))
      .map(({image}) => image),
  remake: 'mkinitcpio -P',
  trialImage: null,
};
