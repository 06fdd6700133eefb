import type {HostFacts} from '../host/facts.ts';

/**
 * Kernel arguments that the host is configured with, wherever they stand: the running command line and the text of
 * the boot loader's files. Enough to see whether an argument is there already; the exact edit parses the file.
 */
export const configuredArguments = (facts: HostFacts, key: string): readonly string[] => {
  const pattern = new RegExp(`(?<![\\w.-])${key.replaceAll('.', '\\.').replaceAll(/[-_]/g, '[-_]')}=([^\\s"'\`\\\\]+)`, 'g');
  const texts = [facts.boot.commandLine ?? '', ...bootFiles(facts).map(withoutComments)];
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')))];
};

const bootFiles = (facts: HostFacts): readonly string[] =>
  Object.values(facts.files)
    .filter((file) => file.path === '/etc/kernel/cmdline' || file.path.startsWith('/etc/default/grub'))
    .map((file) => file.text ?? '');

const withoutComments = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '');
