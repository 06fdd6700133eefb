import {judgeReadable, type Rendered} from '../../artifacts/rendered.ts';
import type {GeneratedArtifact} from '../../artifacts/artifact.ts';
import {keeps, looksAt} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {withoutOwnBlock} from '../../formats/own-block.ts';
import type {Plan} from '../../plan/plan.ts';
import {bindingMembers} from '../binding-members.ts';
import {type ImageCopy, type ImageSystem, plainImages} from '../image-system.ts';
import {renderFiles, triggers} from './files.ts';
import {editPreset, parsePreset, type PresetImage} from './preset.ts';
import {cannot, judgeSettings, mkinitcpioDropInDirectory, readHooks} from './settings.ts';

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
