import type {Fingerprint} from '../changes/change.ts';
import type {Machine} from '../system/machine.ts';
import {keepBackup} from './backup.ts';
import type {Journal, JournalItem} from './journal.ts';
import {describeDifference, readPathState, sha256} from './path-state.ts';
import {backupFile, tempFile} from './paths.ts';
import {refusal} from './refuse.ts';

/** A file that somebody has written since from what was applied, and what it holds without that. */
export type LateText = {readonly path: string; readonly expected: Fingerprint; readonly text: string; readonly encoding: 'utf8' | 'latin1'};

/** A file that went since and stays away: nothing of ours is in it any more. */
export const withoutGone = (machine: Machine, items: readonly JournalItem[], gone: readonly string[]): readonly JournalItem[] =>
  items.map((item) => (gone.includes(item.path) && machine.stat(item.path) === null ? {...item, old: {state: 'absent'}, new: {state: 'absent'}} : item));

/**
 * Such a file goes into the journal, before anything is undone, as if that text were what it held before: so it is put
 * there like any other, and a crash in between is finished. Throws TransactionError when it is no longer as it was read.
 */
export const withLateTexts = (machine: Machine, {id, items}: Journal, texts: readonly LateText[]): readonly JournalItem[] => [
  ...items,
  ...texts.filter(({path}) => items.every((item) => item.path !== path)).map((late, index) => keep(machine, id, items.length + index, late)),
];

const keep = (machine: Machine, id: string, index: number, {path, expected, text, encoding}: LateText): JournalItem => {
  const now = readPathState(machine, path);
  const difference = describeDifference(expected, now);
  if (now.state !== 'file' || difference !== null) throw refusal('check', `${path} changes just now: ${difference ?? 'it is no regular file'}.`, 'Nothing was changed. Run rollback again.');
  const bytes = Buffer.from(text, encoding);
  const old = {...now, sha256: sha256(bytes), size: bytes.length};
  const backup = backupFile(id, index);
  keepBackup(machine, {path, backup, bytes, old});
  return {path, installer: 'file', old, backup, new: now, temp: tempFile(path, id, index), isUnsettled: false};
};
