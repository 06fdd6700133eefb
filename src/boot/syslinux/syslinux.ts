import {keeps} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import {type BootChain, type Evidence, isSet, plainLoader} from '../boot-chain.ts';

/** Where distributions put it: SYSLINUX on FAT, EXTLINUX on other file systems (Syslinux wiki: Config). */
const places = [
  '/boot/syslinux/syslinux.cfg',
  '/boot/syslinux.cfg',
  '/boot/extlinux/extlinux.conf',
  '/boot/extlinux.conf',
  '/boot/EFI/syslinux/syslinux.cfg',
  '/boot/efi/EFI/syslinux/syslinux.cfg',
  '/syslinux/syslinux.cfg',
] as const;

/** It names the initramfs on the command line, with a slash; GRUB does not (syslinux: doc/syslinux.txt, INITRD). */
const isStartedBySyslinux = (commandLine: string | null): boolean =>
  isSet(commandLine, 'BOOT_IMAGE=') && isSet(commandLine, 'initrd=') && !isSet(commandLine, 'initrd=\\');

const evidence: BootChain['detection']['evidence'] = ({source, commandLine}) => {
  const path = places.find(source.exists);
  if (path === undefined) return [];
  const found: Evidence[] = [
    {loader: 'syslinux', strength: 'files', sentence: `${path} exists: SYSLINUX or EXTLINUX is set up.`},
  ];
  if (isStartedBySyslinux(commandLine))
    found.push({
      loader: 'syslinux',
      strength: 'boot',
      sentence: 'The kernel command line has BOOT_IMAGE= and initrd=/…, which SYSLINUX adds.',
    });
  return found;
};

const configuration = (files: Readonly<Record<string, FileFacts>>): FileFacts | undefined =>
  places.map((path) => files[path]).find((file) => file !== undefined);

/** The append lines of all labels, and of the head, which counts for labels without one. */
const argumentsOf = (file: FileFacts | undefined): readonly string[] | null => {
  const found = [...(file?.text ?? '').matchAll(/^[ \t]*append[ \t]+(.*)$/gim)];
  return found.length === 0 ? null : found.map(([, text = '']) => text.trim());
};

/** Its file is on a stick or on a partition of its own in most set-ups, and often made by a program: it is never written. */
export const syslinux: BootChain = {
  name: 'syslinux',
  detection: {...plainLoader, evidence},
  files: places.map((path) => {
    const slash = path.lastIndexOf('/');
    return keeps(path.slice(0, slash), path.slice(slash + 1));
  }),
  readOwn: () => null,
  nextArguments: (files) => argumentsOf(configuration(files)),
  writer: null,
  lineEdit: () => null,
  byHand: ({files}) =>
    `In ${configuration(files)?.path ?? 'syslinux.cfg'}, in the append line of the label that starts this system, add`,
};
