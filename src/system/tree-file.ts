import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {UsageError} from '../errors.ts';
import {machineError} from './machine-error.ts';

/** One file, directory or symlink of a host, as a reviewable text file holds it. Paths are absolute in that host. */
export type TreeEntry =
  | {readonly type: 'directory'; readonly path: string}
  | {readonly type: 'link'; readonly path: string; readonly target: string}
  | {readonly type: 'file'; readonly path: string; readonly mode: number; readonly text: string}
  | {readonly type: 'binary'; readonly path: string; readonly mode: number; readonly base64: string};

const header = '# vfio-pilot host tree, version 1';
const noFinalNewline = '\\ no final newline';
/** What sysfs and procfs show for a value that can only be read. */
const attributeMode = 0o444;

/**
 * `d PATH`, `l PATH -> TARGET`, `b MODE PATH BASE64`, `= PATH VALUE` for a read-only file of one line, and `f MODE PATH`
 * followed by the content, each line after a `|`. Throws a UsageError with the line's number.
 */
export const parseTree = (text: string): readonly TreeEntry[] => {
  const lines = text.split('\n');
  if (lines[0] !== header) throw malformed(1, `the first line must be "${header}"`);
  const entries: TreeEntry[] = [];
  let index = 1;
  while (index < lines.length) {
    const line = lines[index] ?? '';
    const end = contentEnd(lines, index + 1);
    if (line !== '') entries.push(parseEntry(line, lines.slice(index + 1, end), index + 1));
    else if (index < lines.length - 1) throw malformed(index + 1, 'the line is empty');
    index = end;
  }
  return entries;
};

/** The inverse of `parseTree`; entries keep their order. */
export const renderTree = (entries: readonly TreeEntry[]): string =>
  `${[header, ...entries.flatMap(renderEntry)].join('\n')}\n`;

const contentEnd = (lines: readonly string[], start: number): number => {
  let end = start;
  while (lines[end]?.startsWith('|') === true || lines[end] === noFinalNewline) end += 1;
  return end;
};

const parseEntry = (line: string, content: readonly string[], number: number): TreeEntry => {
  const [, kind, rest] = /^([dlbf=]) (\/.*)$/.exec(line) ?? /^([bf]) ([0-7]{4} \/.*)$/.exec(line) ?? [];
  if (kind === undefined || rest === undefined) throw malformed(number, `"${line.slice(0, 60)}" is no entry`);
  if (kind !== 'f' && content.length > 0) throw malformed(number + 1, 'only a file (f) has content lines');
  const entry = parsers[kind]?.(rest, content) ?? null;
  if (entry === null) throw malformed(number, `"${line.slice(0, 60)}" does not have the form of a ${kind} entry`);
  return entry;
};

type EntryParser = (rest: string, content: readonly string[]) => TreeEntry | null;

const parsers: Readonly<Record<string, EntryParser>> = {
  d: (rest) => ({type: 'directory', path: rest}),
  l: (rest) => {
    const [, path, target] = /^(.+?) -> (.+)$/.exec(rest) ?? [];
    return path === undefined || target === undefined ? null : {type: 'link', path, target};
  },
  b: (rest) => {
    const [, mode, path, base64] = /^([0-7]{4}) (\S+) ([A-Za-z0-9+/]*=*)$/.exec(rest) ?? [];
    return path === undefined
      ? null
      : {type: 'binary', path, mode: Number.parseInt(mode ?? '', 8), base64: base64 ?? ''};
  },
  '=': (rest) => {
    const [, path, value] = /^(\S+) (.+)$/.exec(rest) ?? [];
    return path === undefined ? null : {type: 'file', path, mode: attributeMode, text: `${value}\n`};
  },
  f: (rest, content) => {
    const [, mode, path] = /^([0-7]{4}) (.+)$/.exec(rest) ?? [];
    if (path === undefined) return null;
    return {type: 'file', path, mode: Number.parseInt(mode ?? '', 8), text: joinContent(content)};
  },
};

const joinContent = (content: readonly string[]): string => {
  const isOpen = content.at(-1) === noFinalNewline;
  const lines = (isOpen ? content.slice(0, -1) : content).map((line) => line.slice(1));
  return lines.length === 0 ? '' : lines.join('\n') + (isOpen ? '' : '\n');
};

const renderEntry = (entry: TreeEntry): readonly string[] => {
  if (entry.type === 'directory') return [`d ${entry.path}`];
  if (entry.type === 'link') return [`l ${entry.path} -> ${entry.target}`];
  if (entry.type === 'binary') return [`b ${octal(entry.mode)} ${entry.path} ${entry.base64}`];
  if (isAttribute(entry)) return [`= ${entry.path} ${entry.text.slice(0, -1)}`];
  return [`f ${octal(entry.mode)} ${entry.path}`, ...contentLines(entry.text)];
};

const isAttribute = (entry: {path: string; mode: number; text: string}): boolean =>
  entry.mode === attributeMode && /^[^\n\r]+\n$/.test(entry.text) && !/\s/.test(entry.path);

const contentLines = (text: string): readonly string[] => {
  if (text === '') return [];
  const lines = text.split('\n').map((line) => `|${line}`);
  return text.endsWith('\n') ? lines.slice(0, -1) : [...lines, noFinalNewline];
};

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const malformed = (line: number, reason: string): UsageError =>
  new UsageError(
    `Line ${line} of the host tree cannot be read: ${reason}.`,
    'Correct that line, or take the file from the package again.',
  );

/**
 * Writes the entries below `directory`, which must be empty and belong to the caller. A link may point anywhere,
 * as links of a host do, but nothing is ever written through one. Throws a UsageError for a path that could leave it.
 */
export const unpackTree = (entries: readonly TreeEntry[], directory: string): void => {
  const links = new Set(entries.filter((entry) => entry.type === 'link').map((entry) => entry.path));
  const made = new Set<string>();
  for (const entry of entries) {
    refuseEscape(entry.path, links);
    const file = join(directory, entry.path);
    const parent = entry.type === 'directory' ? file : dirname(file);
    try {
      if (!made.has(parent)) mkdirSync(parent, {recursive: true, mode: 0o755});
      made.add(parent);
      writeEntry(entry, file);
    } catch (error) {
      throw machineError('cannot unpack', file, error);
    }
  }
};

/** The same in a fresh directory that only this user may enter; the caller removes it. Where it throws, none is left. */
export const unpackApart = (entries: readonly TreeEntry[], purpose: string): string => {
  const root = mkdtempSync(join(tmpdir(), `vfio-pilot-${purpose}-`));
  try {
    unpackTree(entries, root);
    return root;
  } catch (error) {
    rmSync(root, {recursive: true, force: true});
    throw error;
  }
};

const writeEntry = (entry: TreeEntry, file: string): void => {
  if (entry.type === 'directory') return;
  if (entry.type === 'link') return symlinkSync(entry.target, file);
  writeFileSync(file, entry.type === 'binary' ? Buffer.from(entry.base64, 'base64') : entry.text, {flag: 'wx'});
  // The umask of the caller must not decide what the host's modes were.
  chmodSync(file, entry.mode);
};

const refuseEscape = (path: string, links: ReadonlySet<string>): void => {
  const parts = path.split('/').slice(1);
  const isPlain =
    path.startsWith('/') && !path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  const isThroughLink = parts.some((_, index) => index > 0 && links.has(`/${parts.slice(0, index).join('/')}`));
  if (!isPlain || isThroughLink) {
    throw new UsageError(
      `The host tree holds the path ${JSON.stringify(path)}, which could leave its directory.`,
      'Use a tree from a source that you trust.',
    );
  }
};
