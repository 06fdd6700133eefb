import type {FileArtifact, GeneratedArtifact} from '../../artifacts/artifact.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {earlyBinding} from '../../binding/early-binding.ts';
import {expectedModuleFiles} from '../binding-members.ts';
import type {TrialImage} from '../image-system.ts';
import {bootScriptPath, editInitramfsModules, initramfsModulesPath, renderBootScript} from './configuration.ts';
import {listWords} from '../../words/list-words.ts';

type Target = Parameters<TrialImage['render']>[2];

const hostConfiguration = '/etc/initramfs-tools';

/** The host's own configuration of initramfs-tools, as far as an image is made from it. */
const configurationFiles = ({files}: HostFacts): readonly FileFacts[] =>
  Object.values(files).filter(({path}) => path.startsWith(`${hostConfiguration}/`) && path !== bootScriptPath);

/** An image of its own for the running kernel, from a copy of the configuration with our parts in it: the known-good image stays. */
const render: TrialImage['render'] = (facts, plan, {release, path, directory}) => {
  const copies = configurationFiles(facts).map((file) => copyOf(file, plan, directory));
  const script: FileArtifact = {
    kind: 'file',
    path: ownPath(directory, bootScriptPath),
    text: renderBootScript(plan, facts.pci),
    encoding: 'utf8',
    mode: 0o755,
    placing: 'first',
    by: 'writer',
    why: [
      `In the trial's image: gives ${listWords(plan.binding.byAddress)} to ${earlyBinding(plan).keeper} before udev loads any driver.`,
    ],
  };
  const files = [...copies, script];
  return [
    ...files,
    renderImage(
      facts,
      plan,
      {release, path, directory},
      files.map((file) => file.path),
    ),
  ];
};

const ownPath = (directory: string, path: string): string => `${directory}${path.slice(hostConfiguration.length)}`;

const copyOf = ({path, text, encoding, mode}: FileFacts, plan: Plan, directory: string): FileArtifact => {
  const isModules = path === initramfsModulesPath;
  return {
    kind: 'file',
    path: ownPath(directory, path),
    text: isModules
      ? (editInitramfsModules(text ?? '', plan.binding.initramfsModules, plan.profile) ?? text ?? '')
      : (text ?? ''),
    encoding,
    mode,
    placing: 'first',
    by: 'writer',
    why: [
      isModules
        ? "The trial's image needs the modules of vfio."
        : `The trial's image is made as the host's are: a copy of ${path}.`,
    ],
  };
};

const renderImage = (
  facts: HostFacts,
  plan: Plan,
  {release, path, directory}: Target,
  triggers: readonly string[],
): GeneratedArtifact => ({
  kind: 'generated',
  path,
  onRollback: 'remove',
  argv: ['/usr/sbin/mkinitramfs', '-d', directory, '-o', '{output}', release],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {
      kind: 'listing',
      argv: ['/usr/bin/lsinitramfs', '{output}'],
      contains: [
        'scripts/init-top/ORDER',
        'scripts/init-top/00-vfio-pilot',
        ...expectedModuleFiles(facts, release, plan.binding.initramfsModules),
      ],
    },
  ],
  triggers,
  timeoutSeconds: 900,
  why: [`The trial starts kernel ${release} with an image of its own; the image that is known to work is not touched.`],
});

export const trialImage: TrialImage = {configuration: configurationFiles, render};
