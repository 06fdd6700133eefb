import type {CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import type {Fingerprint} from '../changes/change.ts';
import type {Machine} from '../system/machine.ts';
import {keepBackup} from './backup.ts';
import type {Journal, JournalItem, JournalRun} from './journal.ts';
import {backupFile, describeDifference, readPathState, sha256} from './path-state.ts';
import {tempFile} from './staging.ts';
import {refusal} from './transaction.ts';

/**
 * A kernel that was installed after the transaction has an image that holds what was applied, made by its package. It
 * goes into the journal before anything is undone, as absent at the time: so it counts as somebody else's, is made
 * anew from the restored files, and a crash in between is finished like any other. `entries` are the commands that have
 * its boot entry written anew, which run when all of that is done.
 */
export const withLateImages = (
  machine: Machine,
  journal: Journal,
  today: readonly (GeneratedArtifact | CommandArtifact)[],
  entries: readonly CommandArtifact[] = [],
): Pick<Journal, 'items' | 'runs'> => {
  const {id, items, runs} = journal;
  const changed = new Set(items.filter(({by}) => by !== 'generator').map(({path}) => path));
  const known = new Set([
    ...items.map(({path}) => path),
    ...runs.flatMap(({artifact}) => (artifact.kind === 'generated' ? [artifact.path] : [])),
  ]);
  const images = today
    .filter((artifact) => artifact.kind === 'generated')
    .filter(({path, triggers}) => !known.has(path) && triggers.some((trigger) => changed.has(trigger)));
  const followers = today
    .filter((artifact) => artifact.kind === 'command')
    .filter(({onlyWith}) => images.some(({path}) => path === onlyWith));
  const written = entries.filter(({triggers}) => triggers.some((trigger) => changed.has(trigger)));
  return {
    items: [
      ...items,
      ...images.map(({path}, index): JournalItem => ({
        path,
        placing: 'first',
        by: 'generator',
        onRollback: 'restore',
        old: {state: 'absent'},
        backup: null,
        new: null,
        temp: tempFile(machine, path, id, items.length + index),
        isUnsettled: false,
      })),
    ],
    runs: [
      ...runs,
      ...images.map((artifact): JournalRun => ({artifact, state: 'undone', reason: 'its kernel came later'})),
      ...[...followers, ...written].map((artifact): JournalRun => ({
        artifact,
        state: 'ran',
        reason: 'its kernel came later',
      })),
    ],
  };
};

/** A file that somebody has written since from what was applied, and what it holds without that. */
export type LateText = {
  readonly path: string;
  readonly expected: Fingerprint;
  readonly text: string;
  readonly encoding: 'utf8' | 'latin1';
};

/** A file that somebody removed since, and that is not brought back: nothing of the run is in it any more. */
export const withoutGone = (
  machine: Machine,
  items: readonly JournalItem[],
  gone: readonly string[],
): readonly JournalItem[] =>
  items.map((item) =>
    gone.includes(item.path) && machine.stat(item.path) === null
      ? {...item, old: {state: 'absent'}, new: {state: 'absent'}}
      : item,
  );

/**
 * Such a file goes into the journal, before anything is undone, as if that text were what it held before: so it is put
 * there like any other, and a crash in between is finished. Throws TransactionError when it is no longer as it was read.
 */
export const withLateTexts = (
  machine: Machine,
  {id, items}: Journal,
  texts: readonly LateText[],
): readonly JournalItem[] => [
  ...items,
  ...texts
    .filter(({path}) => items.every((item) => item.path !== path))
    .map((late, index) => keep(machine, id, items.length + index, late)),
];

const keep = (machine: Machine, id: string, index: number, {path, expected, text, encoding}: LateText): JournalItem => {
  const now = readPathState(machine, path);
  const difference = describeDifference(expected, now);
  if (now.state !== 'file' || difference !== null)
    throw refusal(
      'check',
      `${path} changes just now: ${difference ?? 'it is no regular file'}.`,
      'Nothing was changed. Run rollback again.',
    );
  const bytes = Buffer.from(text, encoding);
  const old = {...now, sha256: sha256(bytes), size: bytes.length};
  const backup = backupFile(id, index);
  keepBackup(machine, {path, backup, content: bytes, old});
  return {
    path,
    placing: 'first',
    by: 'writer',
    onRollback: 'restore',
    old,
    backup,
    new: now,
    temp: tempFile(machine, path, id, index),
    isUnsettled: false,
  };
};
