import type {CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import type {Journal, JournalItem, JournalRun} from './journal.ts';
import {tempFile} from './paths.ts';

/**
 * A kernel that was installed after the transaction has an image that holds what was applied, made by its package. It
 * goes into the journal before anything is undone, as absent at the time: so it counts as somebody else's, is made
 * anew from the restored files, and a crash in between is finished like any other. `entries` are the commands that have
 * its boot entry written anew, which run when all of that is done.
 */
export const withLateImages = (journal: Journal, today: readonly (GeneratedArtifact | CommandArtifact)[], entries: readonly CommandArtifact[] = []): Pick<Journal, 'items' | 'runs'> => {
  const {id, items, runs} = journal;
  const changed = new Set(items.filter(({installer}) => installer !== 'generated').map(({path}) => path));
  const known = new Set([...items.map(({path}) => path), ...runs.flatMap(({artifact}) => (artifact.kind === 'generated' ? [artifact.path] : []))]);
  const images = today.filter((artifact) => artifact.kind === 'generated').filter(({path, triggers}) => !known.has(path) && triggers.some((trigger) => changed.has(trigger)));
  const followers = today.filter((artifact) => artifact.kind === 'command').filter(({onlyWith}) => images.some(({path}) => path === onlyWith));
  const written = entries.filter(({triggers}) => triggers.some((trigger) => changed.has(trigger)));
  return {
    items: [...items, ...images.map(({path}, index): JournalItem => ({path, installer: 'generated', old: {state: 'absent'}, backup: null, new: null, temp: tempFile(path, id, items.length + index), isUnsettled: false}))],
    runs: [
      ...runs,
      ...images.map((artifact): JournalRun => ({artifact, state: 'undone', reason: 'its kernel came later'})),
      ...[...followers, ...written].map((artifact): JournalRun => ({artifact, state: 'ran', reason: 'its kernel came later'})),
    ],
  };
};
