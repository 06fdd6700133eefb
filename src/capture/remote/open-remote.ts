import {type TreeEntry, unpackApart} from '../../system/tree-file.ts';
import {trustedProgram} from '../../system/trusted-program.ts';
import type {CapturedEntry} from '../collect-entries.ts';
import {type Environment, readOver} from './remote-capture.ts';

/**
 * Another host as a tree, read over the person's own ssh and scrubbed as a capture is, in a fresh directory that only this
 * user may enter; the caller removes it. Throws a UsageError where ssh or the other side fails.
 */
export const openRemote = async (
  destination: string,
  env: Environment,
  ssh: string | null = trustedProgram('ssh'),
): Promise<string> => {
  const {entries} = await readOver(destination, env, ssh);
  return unpackApart(entries.map(treeEntryOf), 'remote');
};

const treeEntryOf = (entry: CapturedEntry): TreeEntry =>
  entry.type === 'file'
    ? {type: 'binary', path: entry.path, mode: entry.mode, base64: entry.bytes.toString('base64')}
    : entry;
