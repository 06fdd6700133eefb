import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import type {Target} from './inspect.ts';
import type {JournalDirectory} from './journal.ts';
import type {PathState} from './path-state.ts';
import {refusal} from './refuse.ts';

/** Directories to be made first, outermost first. A dangling link or a file in the way is refused. */
export const missingDirectories = (machine: Machine, targets: readonly Target[]): readonly JournalDirectory[] => {
  const missing = new Map<string, number>();
  for (const {path, installer, wanted} of targets) {
    if (wanted.kind === 'absent') continue;
    for (const parent of missingParents(machine, path)) missing.set(parent, missing.get(parent) ?? directoryMode(installer));
  }
  return [...missing].map(([path, mode]) => ({path, mode})).sort((one, other) => one.path.length - other.path.length);
};

const missingParents = (machine: Machine, path: string): readonly string[] => {
  const parent = dirname(path);
  if (parent === '/' || machine.isDirectory(parent)) return [];
  const stat = machine.stat(parent);
  if (stat === null) return [...missingParents(machine, parent), parent];
  const what = stat.type === 'symlink' ? `a symbolic link to ${machine.readLink(parent)}, where no directory is` : 'no directory';
  throw refusal('check', `${path} cannot be written: ${parent} is ${what}.`, 'Nothing was written. Make it a directory, then run apply again.');
};

/** libvirt keeps /etc/libvirt/qemu to root, as domains may hold passwords. */
const directoryMode = (installer: Target['installer']): number => (installer === 'libvirt' ? 0o700 : 0o755);

export const nearestDirectory = (machine: Machine, path: string): string =>
  path === '/' || machine.isDirectory(path) ? path : nearestDirectory(machine, dirname(path));

/** Read-only file systems and `chattr +i` are asked about now, not found out in the middle. */
export const refuseUnwritable = (machine: Machine, path: string, old: PathState): void => {
  const directory = nearestDirectory(machine, dirname(path));
  const ofDirectory = directory === '/' ? null : machine.whyNotWritable(directory);
  const ofFile = old.state === 'file' ? machine.whyNotWritable(path) : null;
  // A file that is read-only by its mode bits can be replaced all the same.
  const reason = ofDirectory ?? (ofFile === 'EACCES' ? null : ofFile);
  if (reason === null) return;
  throw refusal('check', `${path} cannot be replaced: ${words[reason] ?? 'the kernel refuses it'} (${reason}).`, nextStep[reason] ?? 'Run it as root.');
};

const words: Readonly<Record<string, string>> = {
  EROFS: 'the file system is mounted read-only',
  EPERM: 'the file or its directory is immutable',
  EACCES: 'this user may not write there',
};
const nextStep: Readonly<Record<string, string>> = {
  EROFS: 'Nothing was written. Mount it writable, or use the way of your distribution to change it.',
  EPERM: 'Nothing was written. Look at `lsattr` and take the flag away with `chattr -i`.',
  EACCES: 'Nothing was written. Run it as root.',
};
