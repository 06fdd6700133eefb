import {createWriteStream} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {pack} from 'tar-stream';
import type {Source} from '../system/source.ts';
import {openNewUserFile, removeUserFile} from '../system/user-file.ts';
import {captureFiles} from './capture-files.ts';
import type {Capture, CapturedEntry} from './collect-entries.ts';

/**
 * Writes a scrubbed capture as tar.gz; unpacked, it is a tree for `--root`. The file is new and only its owner may
 * read it. Throws a UsageError when it exists already or cannot be created.
 */
export const writeCapture = async (source: Source, file: string): Promise<Capture> =>
  writeArchive(file, async () => captureFiles(source));

/** The same of what somebody else reads; nothing is read before the file is there. */
export const writeArchive = async (file: string, read: () => Promise<Capture>): Promise<Capture> => {
  const fd = openNewUserFile(file, 0o600);
  try {
    const capture = await read();
    const archive = pack();
    for (const entry of capture.entries) addEntry(archive, entry);
    archive.finalize();
    await pipeline(archive, createGzip(), createWriteStream('', {fd}));
    return capture;
  } catch (error) {
    removeUserFile(file);
    throw error;
  }
};

/** No times: when a host was captured is nobody's business, and equal hosts give equal archives. */
const mtime = new Date(0);

const addEntry = (archive: ReturnType<typeof pack>, entry: CapturedEntry): void => {
  const name = entry.path.slice(1);
  if (entry.type === 'file')
    archive.entry({name, type: 'file', mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime}, entry.bytes);
  else if (entry.type === 'link') archive.entry({name, type: 'symlink', linkname: entry.target, mtime});
  else archive.entry({name: `${name}/`, type: 'directory', mode: 0o755, mtime});
};
