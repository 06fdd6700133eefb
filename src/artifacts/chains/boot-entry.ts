import type {FileFacts, HostFacts} from '../../host/facts.ts';
import {splitKernelLine} from '../grub/kernel-tokens.ts';
import {entryId, isOwnEntry} from './entry-names.ts';
import {linuxEntries} from './loader-entry.ts';
import {trialEntry} from './started-choice.ts';

/** An entry that starts a kernel with an initramfs (uapi-group: Boot Loader Specification, type 1). */
export type BootEntry = {
  readonly file: FileFacts;
  /** Name of the file without the counter of tries, as the boot loader calls it. */
  readonly id: string;
  /** Where the partition of the entry is mounted; paths in it begin there. */
  readonly root: string;
  readonly linux: string;
  /** Of the initramfs; updates of the processor stand in files of their own before it. */
  readonly initrds: readonly string[];
  readonly options: string;
  /** `null` where the name of the kernel's file does not tell it. */
  readonly release: string | null;
  /** kernel-install wrote it, so that the entries of future kernels come from /etc/kernel/cmdline. */
  readonly isManaged: boolean;
};

/** Those of the running system, which another one may share the partition with; nothing that we wrote ourselves. */
export const systemEntries = (facts: HostFacts): readonly BootEntry[] =>
  linuxEntries(facts)
    .filter((file) => !isOwnEntry(file.path) && entryId(file.path) !== trialEntry && !hasNoTriesLeft(file.path))
    .flatMap((file) => parseEntry(file) ?? [])
    .filter((entry) => isSameRoot(entry, facts.boot.commandLine));

const hasNoTriesLeft = (path: string): boolean => /\+0(?:-\d+)?\.conf$/.test(path);

const parseEntry = (file: FileFacts): BootEntry | null => {
  const lines = (file.text ?? '').split('\n').map((line) => line.trim());
  const values = (key: string): readonly string[] => lines.flatMap((line) => (line.split(/[ \t]/, 1)[0] === key ? [line.slice(key.length).trim()] : []));
  const linux = values('linux').at(-1);
  if (linux === undefined) return null;
  const id = entryId(file.path);
  const managed = /^\/([^/]+)\/(\d+\.\d[^/]*)\/linux$/.exec(linux);
  return {
    file,
    id,
    root: file.path.slice(0, file.path.indexOf('/loader/entries/')),
    linux,
    initrds: values('initrd').flatMap((value) => value.split(/\s+/)).filter((path) => !/ucode|microcode/.test(path)),
    options: values('options').join(' '),
    release: managed?.[2] ?? /(?:vmlinuz|kernel|linux)-(\d+\.\d[^/]*?)(?:\.efi)?$/.exec(linux)?.[1] ?? null,
    isManaged: managed !== null && id === `${managed[1]}-${managed[2]}.conf`,
  };
};

/** Without `root=` on either side the partition's type tells which one it is, and there is one of these at most. */
const isSameRoot = ({options}: BootEntry, running: string | null): boolean => running === null || rootOf(options) === rootOf(running);

const rootOf = (line: string): string | null => splitKernelLine(line).tokens.find(({text}) => text.startsWith('root='))?.text ?? null;
