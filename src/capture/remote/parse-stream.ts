import {UsageError} from '../../errors.ts';
import type {CaptureKind} from '../../facts/file-table.ts';
import {captureTable} from '../capture-table.ts';
import {type CapturedEntry, type Collected, withoutFilesInTheWay} from '../collect-entries.ts';

export type Received = {
  readonly hostName: string | null;
  readonly collected: readonly Collected[];
  readonly unreadable: readonly string[];
};

const start = 'vfio-pilot capture 1';

/**
 * What the script has printed. Lines before its first one are a greeting of the other side; without its last one it was cut
 * off. Another machine has written this: a path that leads anywhere else is refused, and a kind that is not known too.
 */
export const parseStream = (text: string): Received => {
  const all = text.split('\n');
  const lines = all.slice(all.indexOf(start) + 1);
  if (!all.includes(start)) throw refused('It did not begin');
  const [name, ...rest] = lines;
  if (name === undefined || !name.startsWith('N ')) throw refused('Its first line is missing');
  const found = new Map<string, Collected>();
  const unreadable: string[] = [];
  const add = (entry: CapturedEntry, kind: CaptureKind): void => {
    if (!found.has(entry.path)) found.set(entry.path, {entry, kind});
  };
  for (let index = 0; index < rest.length; index += 1) {
    const line = rest[index] ?? '';
    if (line === 'end')
      return {
        hostName: name.slice(2).trim() || null,
        collected: withoutFilesInTheWay([...found.values()]),
        unreadable: [...new Set(unreadable)].sort(),
      };
    const [, letter, kind, after] = /^([DLFU]) (\S+) (.+)$/.exec(line) ?? [];
    if (letter === undefined || after === undefined || !isKind(kind)) throw refused(`Line ${index + 3} is not its own`);
    if (letter === 'D') add({type: 'directory', path: pathOf(after)}, kind);
    else if (letter === 'U') unreadable.push(pathOf(after));
    else if (letter === 'L') {
      index += 1;
      add({type: 'link', path: pathOf(after), target: rest[index] ?? ''}, kind);
    } else {
      let end = index + 1;
      while (end < rest.length && rest[end] !== '.' && rest[end] !== '!') end += 1;
      if (end === rest.length) break;
      const entry = fileOf(after, rest.slice(index + 1, end).join(''));
      // What could not be read to its end is not there.
      if (rest[end] === '.') add(entry, kind);
      index = end;
    }
  }
  throw refused('It was cut off');
};

const kinds = new Set<string>(captureTable.flatMap(({capture}) => capture ?? []));

const isKind = (word: string | undefined): word is CaptureKind => word !== undefined && kinds.has(word);

const fileOf = (text: string, base64: string): CapturedEntry => {
  const [, mode, uid, gid, path] = /^([0-7]{1,4}) (\d+) (\d+) (.+)$/.exec(text) ?? [];
  if (path === undefined) throw refused(`A file has no owner (${text.slice(0, 60)})`);
  return {
    type: 'file',
    path: pathOf(path),
    mode: Number.parseInt(mode ?? '', 8) & 0o777,
    uid: Number(uid),
    gid: Number(gid),
    bytes: Buffer.from(base64, 'base64'),
  };
};

const pathOf = (path: string): string => {
  if (!/^(?:\/[^/\0]+)+$/.test(path) || path.split('/').some((part) => part === '.' || part === '..'))
    throw refused(`It has the path ${path.slice(0, 60)}`);
  return path;
};

const refused = (what: string): UsageError =>
  new UsageError(
    `${what}, so this is no whole answer of the capture script.`,
    'Look at it: `vfio-pilot capture --script | ssh root@HOST sh -s`. Does root have a POSIX shell there, and base64?',
  );
