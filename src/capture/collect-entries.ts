import type {CaptureKind} from '../facts/file-table.ts';
import {expandGlob} from '../host/expand-glob.ts';
import {readModuleEnd} from '../host/kernel/module-end.ts';
import {signedModules} from '../host/kernel/signing.ts';
import {outputFile, type Source, type SourceStat} from '../system/source.ts';
import {capturedOutputs, captureTable} from './capture-table.ts';

/** One entry of a capture; `path` is absolute in the host. */
export type CapturedEntry =
  | {readonly type: 'link'; readonly path: string; readonly target: string}
  | {readonly type: 'directory'; readonly path: string}
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly bytes: Buffer;
    };

export type Capture = {
  readonly entries: readonly CapturedEntry[];
  /** Files that exist and that this user may not read: the capture lacks them. */
  readonly unreadable: readonly string[];
};

export type Collected = {readonly entry: CapturedEntry; readonly kind: CaptureKind};

const maximumLinks = 40;

/**
 * What the table names, each file at its real place and each link on the way kept as a link, so that the unpacked
 * tree reads in the same way. Nothing is scrubbed yet.
 */
export const collectEntries = (source: Source): readonly Collected[] => {
  const collected = new Map<string, Collected>();
  const listed = new Map<string, readonly string[]>();
  const linkAt = rememberLinks(source);
  const add = (entry: CapturedEntry, kind: CaptureKind): void => {
    if (!collected.has(entry.path)) collected.set(entry.path, {entry, kind});
  };
  for (const {directory, names, capture} of captureTable) {
    if (capture === null) continue;
    for (const name of names.split(' '))
      for (const path of expandGlob(source, `${directory}/${name}`, listed))
        addPath(source, linkAt, path, capture, add);
  }
  // What no pattern finds: the modules of this host, and what modinfo says of them.
  const {paths, questions} = signedModules(source);
  for (const path of paths) addPath(source, linkAt, path, 'module-end', add);
  const signatures = questions.map((argv) => ({argv, path: outputFile(argv), kind: 'scrubbed'}) as const);
  for (const {argv, path, kind} of source.isLive ? [...capturedOutputs, ...signatures] : []) {
    const [program, ...args] = argv;
    const output = source.run(program, args);
    if (output === null) continue;
    add({type: 'file', path, mode: 0o644, uid: 0, gid: 0, bytes: Buffer.from(output)}, kind);
  }
  return withoutFilesInTheWay([...collected.values()]);
};

type LinkAt = (place: string) => string | null;

/** The same directories lead to thousands of files. A failing readlink costs far more than lstat, so that comes first. */
const rememberLinks = (source: Source): LinkAt => {
  const targets = new Map<string, string | null>();
  return (place) => {
    const known = targets.get(place);
    if (known !== undefined) return known;
    // The links of /proc name the reading process.
    const isLink = !place.startsWith('/proc/') && source.stat(place)?.type === 'symlink';
    const target = isLink ? source.link(place) : null;
    targets.set(place, target);
    return target;
  };
};

const addPath = (
  source: Source,
  linkAt: LinkAt,
  path: string,
  kind: CaptureKind,
  add: (entry: CapturedEntry, kind: CaptureKind) => void,
): void => {
  let done = '';
  let rest = partsOf(path);
  for (let links = 0; rest.length > 0;) {
    const [part = '', ...next] = rest;
    rest = next;
    if (part === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')));
      continue;
    }
    const place = `${done}/${part}`;
    const target = linkAt(place);
    if (target === null) {
      done = place;
      continue;
    }
    add({type: 'link', path: place, target}, kind);
    links += 1;
    if (links > maximumLinks) return;
    if (target.startsWith('/')) done = '';
    rest = [...partsOf(target), ...rest];
  }
  const entry = readEntry(source, done, kind);
  if (entry !== null) add(entry, kind);
};

const partsOf = (path: string): readonly string[] => path.split('/').filter((part) => part !== '' && part !== '.');

const readEntry = (source: Source, path: string, kind: CaptureKind): CapturedEntry | null => {
  const stat = source.stat(path);
  if (stat === null) return null;
  if (stat.type === 'directory') return {type: 'directory', path};
  if (kind === 'presence') return fileEntry(path, stat, Buffer.alloc(0));
  if (kind === 'module-end') return fileEntry(path, stat, readModuleEnd(source, path) ?? Buffer.alloc(0));
  // A device node or a FIFO has no content that a reader asks for.
  const bytes = stat.type === 'file' || path.startsWith('/proc/') ? source.bytes(path) : null;
  return bytes === null ? null : fileEntry(path, stat, bytes);
};

const fileEntry = (path: string, {mode, uid, gid}: SourceStat, bytes: Buffer): CapturedEntry => ({
  type: 'file',
  path,
  mode: mode & 0o777,
  uid,
  gid,
  bytes,
});

/** A tree that changes while it is read, or an odd one, may give a file and something below it: the file yields. */
export const withoutFilesInTheWay = (collected: readonly Collected[]): readonly Collected[] => {
  const parents = new Set(collected.flatMap(({entry}) => parentsOf(entry.path)));
  return collected
    .filter(({entry}) => entry.type === 'directory' || !parents.has(entry.path))
    .sort((left, right) => (left.entry.path < right.entry.path ? -1 : 1));
};

const parentsOf = (path: string): readonly string[] => {
  const parts = path.split('/');
  return parts.slice(2).map((_, index) => parts.slice(0, index + 2).join('/'));
};
