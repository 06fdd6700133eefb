import {createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';
import {extract} from 'tar-stream';
import {decode, parseJson} from '../../decode/decode.ts';
import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {factsOfDocument, factsShape} from '../../facts/shapes/facts-document.ts';
import {readHost} from '../../host/read-host.ts';
import {errorCode} from '../../system/machine-error.ts';
import {openSource} from '../../system/source.ts';
import {type TreeEntry, unpackTree} from '../../system/tree-file.ts';
import {openUserFile} from '../../system/user-file.ts';
import {readUserText} from '../load.ts';

/** One host after the other; of each only this is held. */
export type ReadHost =
  | {readonly kind: 'host'; readonly name: string; readonly facts: HostFacts; readonly hasFiles: boolean}
  | {readonly kind: 'unreadable'; readonly name: string; readonly problem: string};

/** `facts --json` of a host with 512 CPUs and 4,000 functions is 5 MB. */
const mostBytes = 32 * 1024 * 1024;
/** Unpacked; a capture of a large host is 20 MB. */
const mostCaptureBytes = 256 * 1024 * 1024;
/** Files, folders and links; a capture of a host with 4,000 functions has a third of that. */
const mostEntries = 500_000;

/**
 * Of each path: a document of `facts --json`, lines of such documents (.jsonl), a capture (.tar.gz), the tree of a host,
 * or a directory of these. Throws a UsageError for a path that is none of them.
 */
export async function* readHosts(paths: readonly string[]): AsyncGenerator<ReadHost> {
  for (const path of paths) {
    const stat = statSync(path, {throwIfNoEntry: false});
    if (stat === undefined) throw new UsageError(`${path} does not exist.`, 'Check the path.');
    if (!stat.isDirectory()) {
      if (!stat.isFile()) throw new UsageError(`${path} is no regular file.`, 'Save what it gives in a file.');
      const read = readerOf(path);
      if (read === null)
        throw new UsageError(
          `${path} is not known to hold hosts.`,
          'Give *.json of `vfio-pilot facts --json`, *.jsonl with one of them on each line, *.tar.gz of `vfio-pilot capture`, or a directory.',
        );
      yield* read(path);
    } else if (isTree(path)) yield* readTree(path);
    else yield* readDirectory(path);
  }
}

async function* readDirectory(path: string): AsyncGenerator<ReadHost> {
  for (const name of readdirSync(path).sort()) {
    const entry = join(path, name);
    if (isTree(entry)) yield* readTree(entry);
    else yield* readPatiently(entry, readerOf(entry));
  }
}

/** One file of many: what is wrong with it does not end the run. Nobody named it, so that a pipe is not waited for. */
async function* readPatiently(path: string, read: Reader | null): AsyncGenerator<ReadHost> {
  if (read === null) return;
  const unreadable = (problem: string): ReadHost => ({kind: 'unreadable', name: nameOf(path), problem});
  try {
    if (statSync(path, {throwIfNoEntry: false})?.isFile() === true) yield* read(path);
    else yield unreadable('It is no regular file.');
  } catch (error) {
    if (error instanceof UsageError) yield unreadable(error.message);
    else if (errorCode(error) === null) throw error;
    else yield unreadable(`It can't be read (${errorCode(error)}).`);
  }
}

type Reader = (path: string) => AsyncGenerator<ReadHost>;

const readers: readonly (readonly [ending: string, read: Reader])[] = [
  ['.json', readDocument],
  ['.jsonl', readLines],
  ['.ndjson', readLines],
  ['.tar.gz', readCapture],
];

const readerOf = (path: string): Reader | null => readers.find(([ending]) => path.endsWith(ending))?.[1] ?? null;

const nameOf = (path: string): string => basename(path).replace(/\.(?:json|jsonl|ndjson|tar\.gz)$/, '');

/** As `--root` takes it. */
const isTree = (path: string): boolean => ['proc', 'sys', 'etc'].some((name) => existsSync(join(path, name)));

async function* readTree(path: string): AsyncGenerator<ReadHost> {
  yield readFacts(nameOf(path), path);
}

const readFacts = (name: string, root: string): ReadHost => {
  try {
    return {kind: 'host', name, facts: readHost(openSource(root, null)), hasFiles: true};
  } catch (error) {
    if (error instanceof UsageError) return {kind: 'unreadable', name, problem: error.message};
    throw error;
  }
};

async function* readDocument(path: string): AsyncGenerator<ReadHost> {
  yield decodeHost(nameOf(path), readUserText(path, mostBytes));
}

async function* readLines(path: string): AsyncGenerator<ReadHost> {
  let number = 0;
  for await (const line of linesOf(createReadStream('', {fd: openUserFile(path)}))) {
    number += 1;
    const name = `${nameOf(path)}:${number}`;
    if (line === null) yield {kind: 'unreadable', name, problem: `It is longer than ${mostBytes / 2 ** 20} MiB.`};
    else if (line.trim() !== '') yield decodeHost(name, line);
  }
}

/** Lines of a text; `null` for one that is too long to be a document, of which nothing is kept. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string | null> {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    if (size > mostBytes) parts = [];
    else parts.push(part);
  };
  const finish = (): string | null => {
    const line = size > mostBytes ? null : Buffer.concat(parts).toString('utf8');
    [parts, size] = [[], 0];
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', start)) {
      take(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (size > 0) yield finish();
}

const decodeHost = (name: string, text: string): ReadHost => {
  const parsed = parseJson(text);
  const decoded = parsed.isValid ? decode(factsShape, parsed.value) : parsed;
  return decoded.isValid
    ? {kind: 'host', name, facts: factsOfDocument(decoded.value), hasFiles: false}
    : {kind: 'unreadable', name, problem: `It is no document of \`facts --json\`: ${decoded.problem}.`};
};

async function* readCapture(path: string): AsyncGenerator<ReadHost> {
  const name = nameOf(path);
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-fleet-'));
  try {
    const problem = await unpackCapture(path, root);
    yield problem === null ? readFacts(name, root) : {kind: 'unreadable', name, problem};
  } finally {
    rmSync(root, {recursive: true, force: true});
  }
}

/** Why it could not be unpacked; nothing of it is written outside of `root`. */
const unpackCapture = async (path: string, root: string): Promise<string | null> => {
  const entries: TreeEntry[] = [];
  let bytes = 0;
  const archive = extract();
  archive.on('entry', ({name, type, linkname, mode}, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => {
      if (!Buffer.isBuffer(chunk)) return;
      bytes += chunk.length;
      if (bytes > mostCaptureBytes) archive.destroy(new Error('it is too large'));
      else chunks.push(chunk);
    });
    if (entries.length >= mostEntries) archive.destroy(new Error('it has too many files'));
    stream.on('end', () => {
      const place = `/${name.replace(/\/$/, '')}`;
      if (type === 'directory') entries.push({type, path: place});
      else if (type === 'symlink') entries.push({type: 'link', path: place, target: linkname ?? ''});
      else if (type === 'file')
        entries.push({
          type: 'binary',
          path: place,
          mode: mode & 0o777,
          base64: Buffer.concat(chunks).toString('base64'),
        });
      next();
    });
  });
  const file = createReadStream('', {fd: openUserFile(path)});
  try {
    await pipeline(file, createGunzip(), archive);
    unpackTree(entries, root);
    return null;
  } catch (error) {
    return `It is no capture: ${error instanceof Error ? error.message : String(error)}.`;
  }
};
