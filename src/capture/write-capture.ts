import {open, rm} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {pack} from 'tar-stream';
import {UsageError} from '../errors.ts';
import type {Source} from '../system/source.ts';
import {captureFiles} from './capture-files.ts';
import type {Capture, CapturedEntry} from './captured-entry.ts';

/**
 * Writes a scrubbed capture as tar.gz; unpacked, it is a tree for `--root`. The file is new and only its owner may
 * read it. Throws a UsageError when it exists already or cannot be created.
 */
export const writeCapture = async (source: Source, file: string): Promise<Capture> => {
  const handle = await createNew(file);
  try {
    const capture = captureFiles(source);
    const archive = pack();
    for (const entry of capture.entries) addEntry(archive, entry);
    archive.finalize();
    await pipeline(archive, createGzip(), handle.createWriteStream());
    return capture;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, {force: true});
    throw error;
  }
};

const createNew = async (file: string): Promise<FileHandle> => {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? reasons[String(error.code)] : undefined;
    if (reason === undefined) throw error;
    throw new UsageError(`${file} cannot be created: ${reason}.`, 'Name a new file in a directory that you may write to.', {cause: error});
  }
};

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it exists already',
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the filesystem is read-only',
};

/** No times: when a host was captured is nobody's business, and equal hosts give equal archives. */
const mtime = new Date(0);

const addEntry = (archive: ReturnType<typeof pack>, entry: CapturedEntry): void => {
  const name = entry.path.slice(1);
  if (entry.type === 'file') archive.entry({name, type: 'file', mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime}, entry.bytes);
  else if (entry.type === 'link') archive.entry({name, type: 'symlink', linkname: entry.target, mtime});
  else archive.entry({name: `${name}/`, type: 'directory', mode: 0o755, mtime});
};
