import type {FileFacts, HostFacts} from '../../host/facts.ts';
import {linuxEntries} from './loader-entry.ts';

export type SnapshotEntries = {
  /** Of the snapshot that runs: sdbootutil writes these. */
  readonly own: readonly FileFacts[];
  /** Those among them that name the root file system of now: another one may keep entries on the same partition. */
  readonly written: readonly FileFacts[];
  /** Of other snapshots: they stay as they are, and start the machine whatever happens to the first. */
  readonly others: readonly FileFacts[];
};

/** Entries by the snapshot that they start, as sdbootutil tells them apart: by `rootflags=subvol=`. */
export const readSnapshotEntries = (facts: HostFacts): SnapshotEntries => {
  const running = subvolumeOf(facts.boot.commandLine ?? '');
  const entries = linuxEntries(facts).filter((file) => /^\s*options[ \t]/m.test(file.text ?? ''));
  const isOther = (file: FileFacts): boolean => {
    const subvolume = subvolumeOf(file.text ?? '');
    return running !== null && subvolume !== null && subvolume !== running;
  };
  const own = entries.filter((file) => !isOther(file));
  const isWritten = ({text}: FileFacts): boolean => rootOf(text ?? '') === rootOf(facts.boot.commandLine ?? '') && subvolumeOf(text ?? '') === running;
  return {own, written: own.filter(isWritten), others: entries.filter(isOther)};
};

const rootOf = (text: string): string | null => /(?:^|\s)root=(\S+)/.exec(text)?.[1] ?? null;

const subvolumeOf = (text: string): string | null => /(?:^|\s)rootflags=subvol=(\S*\/\.snapshots\/\d+\/snapshot)(?=[\s,]|$)/m.exec(text)?.[1] ?? null;
