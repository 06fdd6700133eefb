import type {HostFacts} from '../host/facts.ts';
import {servedLoader} from '../served-systems.ts';

/** Values of a kernel argument wherever it stands. Enough to see whether it is there; the exact edit parses the file. */
export const configuredArguments = (facts: HostFacts, key: string): readonly string[] =>
  [...new Set([...runningArguments(facts, key), ...lastingArguments(facts, key)])];

export const runningArguments = (facts: HostFacts, key: string): readonly string[] => valuesIn([facts.boot.commandLine ?? ''], key);

/**
 * What the next boot has: the boot loader's files say it, where they are known. What stands only on the running command
 * line may have been typed for this one boot.
 */
export const lastingArguments = (facts: HostFacts, key: string): readonly string[] => {
  const files = bootFiles(facts);
  return servedLoader(facts.boot) !== null && files.length > 0 ? valuesIn(files.map(withoutComments), key) : runningArguments(facts, key);
};

const valuesIn = (texts: readonly string[], key: string): readonly string[] => {
  const pattern = new RegExp(`(?<![\\w.-])${key.replaceAll('.', '\\.').replaceAll(/[-_]/g, '[-_]')}=([^\\s"'\`\\\\]+)`, 'g');
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')))];
};

/** Our own drop-in is made anew from the plan: what stands there only because of us must be planned again. */
const bootFiles = (facts: HostFacts): readonly string[] =>
  facts.boot.loader === 'rpm-ostree' ? deploymentLine(facts) : facts.boot.loader === 'nixos' ? [facts.files['/etc/nixos/configuration.nix']?.text ?? ''] : linesOfFiles(facts);

const deploymentLine = ({boot}: HostFacts): readonly string[] => (boot.deployment === undefined || boot.deployment === null ? [] : [boot.deployment.commandLine]);

const linesOfFiles = (facts: HostFacts): readonly string[] =>
  Object.values(facts.files)
    .filter((file) => isBootFile(facts, file.path))
    .flatMap((file) => (file.text === null ? [] : [file.text]));

const withoutComments = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '');

/** What an installed kernel starts with stands in its entry under BLS, whatever the other files say. */
const isBootFile = ({boot}: HostFacts, path: string): boolean => {
  if (boot.loader === 'grub-bls') return path.startsWith('/boot/loader/entries/');
  if (boot.loader === 'systemd-boot') return /^(?:\/boot|\/boot\/efi|\/efi)\/loader\/entries\//.test(path) && !path.includes('.vfio-pilot-');
  if (boot.loader === 'uki') return path === '/etc/kernel/cmdline' || (path.startsWith('/etc/cmdline.d/') && !path.endsWith('/zz-vfio-pilot.conf'));
  if (boot.loader === 'kernelstub') return path === '/etc/kernelstub/configuration';
  if (boot.loader === 'limine-entry-tool') return path === '/etc/default/limine' || path.startsWith('/etc/limine-entry-tool.d/');
  if (boot.loader === 'sdbootutil') return path === '/etc/kernel/cmdline';
  return path === '/etc/kernel/cmdline' || (path.startsWith('/etc/default/grub') && !path.endsWith('/zz-vfio-pilot.cfg'));
};
