import type {FileFacts, HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact, FileArtifact, GeneratedArtifact} from '../artifact.ts';
import {bootScriptPath, editInitramfsModules, initramfsModulesPath, renderBootScript} from '../initramfs/initramfs-tools.ts';
import {expectedModuleFiles} from '../initramfs/module-files.ts';
import {trialConfigurationPath} from './trial-paths.ts';

const hostConfiguration = '/etc/initramfs-tools';

/** The host's own configuration of initramfs-tools, as far as an image is made from it. */
export const configurationFiles = ({files}: HostFacts): readonly FileFacts[] =>
  Object.values(files).filter(({path}) => path.startsWith(`${hostConfiguration}/`) && path !== bootScriptPath);

/** An image of its own for the running kernel, from a copy of the configuration with our parts in it: the known-good image stays. */
export const renderTrialImage = (facts: HostFacts, plan: Plan, release: string, path: string): readonly Artifact[] => {
  const copies = configurationFiles(facts).map((file) => copyOf(file, plan));
  const script: FileArtifact = {
    kind: 'file',
    path: ownPath(bootScriptPath),
    text: renderBootScript(plan, facts.pci),
    encoding: 'utf8',
    mode: 0o755,
    installer: 'file',
    why: [`In the trial's image: gives ${plan.binding.byAddress.join(' and ')} to vfio-pci before udev loads any driver.`],
  };
  const files = [...copies, script];
  return [...files, renderImage(facts, plan, release, path, files.map((file) => file.path))];
};

const ownPath = (path: string): string => `${trialConfigurationPath}${path.slice(hostConfiguration.length)}`;

const copyOf = ({path, text, encoding, mode}: FileFacts, plan: Plan): FileArtifact => {
  const isModules = path === initramfsModulesPath;
  return {
    kind: 'file',
    path: ownPath(path),
    text: isModules ? (editInitramfsModules(text ?? '', plan.binding.initramfsModules, plan.profile) ?? text ?? '') : (text ?? ''),
    encoding,
    mode,
    installer: 'file',
    why: [isModules ? "The trial's image needs the modules of vfio." : `The trial's image is made as the host's are: a copy of ${path}.`],
  };
};

const renderImage = (facts: HostFacts, plan: Plan, release: string, path: string, triggers: readonly string[]): GeneratedArtifact => ({
  kind: 'generated',
  path,
  isOwn: true,
  argv: ['/usr/sbin/mkinitramfs', '-d', trialConfigurationPath, '-o', '{output}', release],
  validations: [
    {kind: 'size', minimumRatio: 0.5},
    {kind: 'listing', argv: ['/usr/bin/lsinitramfs', '{output}'], contains: ['scripts/init-top/ORDER', 'scripts/init-top/00-vfio-pilot', ...expectedModuleFiles(facts, release, plan.binding.initramfsModules)]},
  ],
  triggers,
  timeoutSeconds: 900,
  why: [`The trial starts kernel ${release} with an image of its own; the image that is known to work is not touched.`],
});
