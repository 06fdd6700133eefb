import {runToEnd} from './run-program.ts';
import {trustedProgram} from './trusted-program.ts';
import {listWords} from '../words/list-words.ts';

/** A file in two ways: open, and by a name that other processes can use (`/proc/PID/fd/N/name`). */
type OpenFile = {readonly fd: number; readonly name: string};

/** ACLs, labels and user attributes of some files by name, in hexadecimal; `null` where getfattr is not installed or the file system has none. */
const readExtendedAttributes = (...files: readonly OpenFile[]): ReadonlyMap<string, string> | null => {
  const names = files.map((_, index) => `/proc/self/fd/${3 + index}`);
  const output = ask('getfattr', ['-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', ...names], files);
  return output === null
    ? null
    : new Map([...output.matchAll(/^([^#=\n]+)=(.*)$/gmu)].map(([, name = '', value = '']) => [name, value]));
};

/** Letters of lsattr(1) that a person sets; the rest says how the file is stored (extents, inline data, encryption …). */
const setByPeople = 'aAcCdDFijmPsStTuxX';

/** Empty where lsattr is not installed or the file system has no flags. */
const readFlags = (file: OpenFile): readonly string[] => {
  const letters = ask('lsattr', ['-d', '--', file.name], [file])?.split(' ')[0] ?? '';
  return [...letters].filter((letter) => setByPeople.includes(letter));
};

const timeoutMs = 30_000;

const ask = (program: string, args: readonly string[], files: readonly OpenFile[]): string | null => {
  const path = trustedProgram(program);
  if (path === null) return null;
  const {isDone, stdout} = runToEnd(path, args, {timeoutMs, files: files.map(({fd}) => fd)});
  return isDone ? stdout : null;
};

/**
 * ACL, extended attributes and security label, with owner and mode where a file has any of them; most have none, and
 * owner and mode are set by calls of their own anyway. Throws when one could not be kept.
 *
 * Node has no calls for them, so cp copies them between two open files.
 * The attributes are named one by one: with `--preserve=all` cp ends with 0 even when it could not copy some
 * (coreutils manual, cp), and the time of the old file is not wanted on the new one.
 * `context` is left out because cp fails on it where SELinux is off; the label is one of the `xattr` anyway.
 * The owner comes before the rest, because a change of the owner takes file capabilities away; an ordinary user, in a
 * tree of their own, can't set it.
 */
export const copyAttributes = (source: OpenFile, target: OpenFile): void => {
  // The new file may have inherited an ACL from its directory.
  if (readExtendedAttributes(source, target)?.size === 0 && readFlags(source).length === 0) return;
  const what = process.geteuid?.() === 0 ? 'mode,ownership,xattr' : 'mode,xattr';
  const cp = trustedProgram('cp');
  if (cp === null)
    throw new Error('cp is not installed in a directory that only root can write, so they could be lost');
  const {isDone, stderr, problem} = runToEnd(
    cp,
    ['--attributes-only', `--preserve=${what}`, '--', '/proc/self/fd/3', '/proc/self/fd/4'],
    {timeoutMs, files: [source.fd, target.fd]},
  );
  if (!isDone) throw new Error(`cp could not copy the attributes: ${stderr.trim() || problem}`);
  refuseLost(source, target);
};

/** What cp promises is read back: it may have been built without ACLs, and of the flags of chattr it knows nothing. */
const refuseLost = (source: OpenFile, target: OpenFile): void => {
  const [wanted, found] = [readExtendedAttributes(source), readExtendedAttributes(target)];
  const lost = [...(wanted ?? [])]
    .filter(([name, value]) => found?.get(name) !== value)
    .map(([name]) => `the attribute ${name}`);
  const kept = readFlags(target);
  const flags = readFlags(source).filter((flag) => !kept.includes(flag));
  const all =
    flags.length === 0
      ? lost
      : [...lost, `what \`chattr +${flags.join('')}\` set (take it away with \`chattr -${flags.join('')}\`)`];
  if (all.length > 0) throw new Error(`a new version of the file would lose ${listWords(all)}`);
};
