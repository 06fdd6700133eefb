import {parseCpuList, parseCpuMask, parseKernelNumber, strip} from '../../facts/kernel-lists.ts';
import type {Finding} from '../../findings/finding.ts';
import type {Source} from '../../system/source.ts';
import type {Note} from '../reader.ts';

/** Part of a path, so a captured tree may not smuggle one in. */
const pattern = /^\w[\w.+~-]*$/;

export const isKernelRelease = (name: string): boolean => pattern.test(name);

/** Release of the running kernel, `6.12.117-amd64`; `null` when nothing tells it. */
export const readKernelRelease = (source: Source): string | null => {
  const told =
    source.text('/proc/sys/kernel/osrelease')?.trim() ??
    /^Linux version (\S+)/.exec(source.text('/proc/version') ?? '')?.[1];
  if (told !== undefined) return pattern.test(told) ? told : null;
  const [only, ...others] = source.list('/lib/modules').filter((name) => pattern.test(name));
  return only !== undefined && others.length === 0 ? only : null;
};

/** A file whose content is truncated, empty where it can't be, or absurd. */
export const malformedFile = (path: string, text: string): Finding => ({
  code: 'host-file-malformed',
  severity: 'note',
  subject: path,
  message: `${path} says ${quote(text)}, which makes no sense there; what it should tell counts as unknown.`,
  remedy:
    'Nothing to do if this tree was captured or edited by hand; on a running machine, read the file again and report it.',
});

/** A number ≥ 0; `null` when the file is absent, says -1 (unknown) or makes no sense (then a note). */
export const readKernelNumber = (source: Source, note: Note, path: string): number | null => {
  const text = source.text(path);
  if (text === null) return null;
  const value = parseKernelNumber(text);
  if (value === null && !/^-\d+$/.test(strip(text))) note(malformedFile(path, text));
  return value;
};

/** CPUs of a list file; `null` when the file is absent or makes no sense (then a note). */
export const readCpuList = (source: Source, note: Note, path: string): readonly number[] | null =>
  readParsed(source, note, path, parseCpuList);

/** CPUs of a mask file: what kernels before 2.6.29 have instead of a list. */
export const readCpuMask = (source: Source, note: Note, path: string): readonly number[] | null =>
  readParsed(source, note, path, parseCpuMask);

const readParsed = <T>(source: Source, note: Note, path: string, parse: (text: string) => T | null): T | null => {
  const text = source.text(path);
  if (text === null) return null;
  const value = parse(text);
  if (value === null) note(malformedFile(path, text));
  return value;
};

/** One note for each kind of file: a broken tree has the same trouble on each of its 512 CPUs. */
export const oncePerFileName = (note: Note): Note => {
  const told = new Set<string>();
  return (finding) => {
    const name = finding.subject.slice(finding.subject.lastIndexOf('/') + 1);
    if (told.has(name)) return;
    told.add(name);
    note(finding);
  };
};

const quote = (text: string): string => {
  const shown = strip(text).replaceAll(/[^\x20-\x7e]/g, '?');
  if (shown === '') return 'nothing';
  return `"${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}"`;
};
