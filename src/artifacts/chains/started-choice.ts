import type {EntryChoice, HostFacts} from '../../host/facts.ts';
import {linuxEntries} from './loader-entry.ts';
import {entryId} from './entry-names.ts';

/** Sorts behind every other entry, so that it is never the default by itself (uapi-group: Boot Loader Specification, sorting). */
export const trialEntry = '0000-vfio-pilot-trial.conf';

const mark = '# In place of ';

/** A line of the trial's entry that tells, in the trial boot, which entry it stands for. */
export const inPlaceOf = (id: string): string => `${mark}${id}\n`;

/** What the boot loader chose; in a trial boot as if it had been the known-good entry, from which a confirmation goes on. */
export const startedChoice = (facts: HostFacts): EntryChoice | undefined => {
  const {entryChoice} = facts.boot;
  if (entryChoice === undefined) return undefined;
  return {...entryChoice, selected: knownGood(facts, entryChoice.selected), lastBooted: knownGood(facts, entryChoice.lastBooted)};
};

const knownGood = (facts: HostFacts, id: string | null): string | null => {
  // Before systemd 250 ids came without the ending.
  if (id !== trialEntry && `${id}.conf` !== trialEntry) return id;
  const trial = linuxEntries(facts).find(({path}) => entryId(path) === trialEntry);
  return (trial?.text ?? '').split('\n').find((line) => line.startsWith(mark))?.slice(mark.length) ?? null;
};
