import {createHash} from 'node:crypto';
import {readFileSync, realpathSync} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {UsageError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Host} from '../hosts/host.ts';
import {readPrivateFile, removeUserFile, userStateDirectory, writePrivateFile} from '../system/user-file.ts';
import {decodeDraft, encodeDraft} from '../ui/draft-file.ts';
import type {DraftServices} from '../ui/services.ts';

const mostBytes = 1024 * 1024;

/**
 * Drafts of this host, in the state directory of the person. `null` where none is kept: the scratch copy of the demo is
 * gone afterwards, and a dry run writes nothing.
 */
export const openDrafts = (host: Host, facts: HostFacts, isDemo: boolean): DraftServices | null => {
  const directory = userStateDirectory(process.env);
  if (isDemo || host.isDry || directory === null) return null;
  const path = join(directory, `draft-${keyOf(host)}.json`);
  return {
    found: readDraft(path, facts),
    keep: (draft) => {
      const content = encodeDraft({...draft, savedAt: new Date().toISOString()});
      return problemOf(() => writeOver(path, content)) ?? {path};
    },
    discard: () => problemOf(() => removeUserFile(path))?.problem ?? null,
  };
};

/** Another host gets another file: homes are shared between machines, and a tree is a host too. machine-id(5) is not to be shown. */
const keyOf = ({name, isLive}: Host): string => {
  const identity = isLive ? `machine ${machineId()}` : `tree ${realpathSync(name)}`;
  return createHash('sha256').update(`vfio-pilot draft ${identity}`).digest('hex').slice(0, 12);
};

const machineId = (): string => {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return hostname();
  }
};

const readDraft = (path: string, facts: HostFacts): DraftServices['found'] => {
  try {
    const content = readPrivateFile(path, mostBytes);
    if (content === null) return null;
    const decoded = decodeDraft(content, facts);
    return decoded.isValid ? {draft: decoded.value} : {problem: `${path} is not used: ${decoded.problem}.`};
  } catch (error) {
    if (error instanceof UsageError) return {problem: error.message};
    throw error;
  }
};

/** What is there and was not written by this program stays. */
const writeOver = (path: string, content: string): void => {
  readPrivateFile(path, mostBytes);
  writePrivateFile(path, content);
};

const problemOf = (act: () => void): {readonly problem: string} | null => {
  try {
    act();
    return null;
  } catch (error) {
    return {problem: error instanceof Error ? error.message : String(error)};
  }
};
