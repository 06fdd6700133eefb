import type {HostFacts} from '../host/facts.ts';
import {servedLoader} from '../served-systems.ts';

/**
 * Values of a kernel argument that the next boot would have: from the boot loader's files, or from the running command
 * line where no file is known (an argument typed at the boot prompt is gone after the next boot). Enough to see
 * whether it is there; the exact edit parses the file.
 */
export const configuredArguments = (facts: HostFacts, key: string): readonly string[] =>
  [...new Set([...runningArguments(facts, key), ...writtenArguments(facts, key)])];

export const runningArguments = (facts: HostFacts, key: string): readonly string[] => valuesIn([facts.boot.commandLine ?? ''], key);

/** In the boot loader's files only: what stands on the running command line may have been typed for this one boot. */
export const writtenArguments = (facts: HostFacts, key: string): readonly string[] => valuesIn(bootFiles(facts).map(withoutComments), key);

/** Only these are edited; of another boot loader the running command line is all that is known. */
export const isBootFileKnown = (facts: HostFacts): boolean => servedLoader(facts.boot) !== null && bootFiles(facts).length > 0;

const valuesIn = (texts: readonly string[], key: string): readonly string[] => {
  const pattern = new RegExp(`(?<![\\w.-])${key.replaceAll('.', '\\.').replaceAll(/[-_]/g, '[-_]')}=([^\\s"'\`\\\\]+)`, 'g');
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')))];
};

/** Our own drop-in is made anew from the plan: what stands there only because of us must be planned again. */
const bootFiles = (facts: HostFacts): readonly string[] =>
  Object.values(facts.files)
    .filter((file) => isBootFile(facts, file.path))
    .flatMap((file) => (file.text === null ? [] : [file.text]));

const withoutComments = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '');

/** What an installed kernel starts with stands in its entry under BLS, whatever the other files say. */
const isBootFile = ({boot}: HostFacts, path: string): boolean => {
  if (boot.loader === 'grub-bls') return path.startsWith('/boot/loader/entries/');
  return path === '/etc/kernel/cmdline' || (path.startsWith('/etc/default/grub') && !path.endsWith('/zz-vfio-pilot.cfg'));
};
