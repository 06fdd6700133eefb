import type {Artifact, CommandArtifact} from '../../artifacts/artifact.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import type {EntryChoice} from '../../facts/boot.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {entryId, withoutOwnName} from '../../formats/boot-entry/loader-entry.ts';
import type {DefaultEntryEffect} from '../probes/default-entry.ts';
import type {LoaderVariableEffect} from '../probes/loader-variable.ts';
import {entryFactsOf} from './entry-facts.ts';
import {linuxEntries} from './linux-entries.ts';

/** Sorts behind every other entry, so that it is never the default unasked (uapi-group: Boot Loader Specification, sorting). */
export const trialEntry = '0000-vfio-pilot-trial.conf';

const mark = '# In place of ';

/** A line of the trial's entry that tells, in the trial boot, which entry it replaces. */
export const inPlaceOf = (id: string): string => `${mark}${id}\n`;

/** What the boot loader chose; in a trial boot as if it had been the known-good entry, from which a confirmation goes on. */
export const startedChoice = (facts: HostFacts): EntryChoice | null => {
  const choice = entryFactsOf(facts)?.choice ?? null;
  return choice === null
    ? null
    : {...choice, selected: knownGood(facts, choice.selected), lastBooted: knownGood(facts, choice.lastBooted)};
};

const knownGood = (facts: HostFacts, id: string | null): string | null => {
  // Before systemd 250 ids came without the ending.
  if (id !== trialEntry && `${id}.conf` !== trialEntry) return id;
  const trial = linuxEntries(facts.files).find(({path}) => entryId(path) === trialEntry);
  return (
    (trial?.text ?? '')
      .split('\n')
      .find((line) => line.startsWith(mark))
      ?.slice(mark.length) ?? null
  );
};

/** A boot entry and the copy that is to be started in its place, by id. */
export type EntryCopy = {readonly of: string; readonly id: string};

/**
 * `follows`: the copies sort directly before what they were made from, so that they are the default on their own, and
 * the entries of later kernels after them. `set`: somebody chose one entry by name, and the copy must be chosen the same way.
 * `foreign`: the machine starts something else by default, which is not ours to change.
 */
type DefaultEntry =
  | {readonly kind: 'follows'}
  | {
      readonly kind: 'set';
      readonly verb: 'set-default' | 'set-preferred';
      readonly variable: string;
      readonly before: string | null;
      readonly after: string;
    }
  | {readonly kind: 'foreign'; readonly id: string};

type Pin = {readonly value: string; readonly verb: 'set-default' | 'set-preferred'};

/** What systemd-boot asks, in its order (systemd: systemd-boot(7), loader.conf(5)). */
const chooseDefaultEntry = (choice: EntryChoice, loaderConf: string, copies: readonly EntryCopy[]): DefaultEntry => {
  for (const pin of pinsOf(choice, loaderConf)) {
    const value = pin.value === '@saved' ? (choice.lastBooted ?? '') : pin.value;
    const pinned = copies.filter(({of}) => matches(withoutOwnName(value), of));
    // The id of an earlier copy says just that one; a name or a pattern may hold for the new copy as well.
    const isCovered = pinned.length > 0 && pinned.every(({id}) => matches(value, id)) && pin.value !== '@saved';
    if (isCovered) return {kind: 'follows'};
    const copy = pinned.find(({of}) => of === withoutOwnName(choice.selected ?? '')) ?? pinned.at(-1);
    if (copy !== undefined) return setTo(pin.verb, choice, copy.id);
    if (/^auto-|\.efi$/i.test(value)) return {kind: 'foreign', id: value};
  }
  return {kind: 'follows'};
};

const setTo = (verb: Pin['verb'], choice: EntryChoice, id: string): DefaultEntry => ({
  kind: 'set',
  verb,
  variable: verb === 'set-default' ? 'LoaderEntryDefault' : 'LoaderEntryPreferred',
  before: verb === 'set-default' ? choice.default : choice.preferred,
  // Before systemd 250 ids came without the ending.
  after:
    choice.selected !== null && !choice.selected.includes('.conf') && !choice.selected.endsWith('.efi')
      ? id.replace(/\.conf$/, '')
      : id,
});

const pinsOf = (choice: EntryChoice, loaderConf: string): readonly Pin[] => {
  const configured = (key: string): string | null =>
    [...loaderConf.matchAll(new RegExp(`^[ \\t]*${key}[ \\t]+"?([^\\n"]*?)"?[ \\t\\r]*$`, 'gm'))].at(-1)?.[1] ?? null;
  return (
    [
      [choice.preferred, 'set-preferred'],
      [configured('preferred'), 'set-preferred'],
      [choice.default, 'set-default'],
      [configured('default'), 'set-default'],
    ] as const
  ).flatMap(([value, verb]) => (value === null || value === '' ? [] : [{value, verb}]));
};

/** fnmatch without regard to case, with or without the ending, as the versions do it. */
const matches = (pattern: string, id: string): boolean => {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  try {
    return new RegExp(`^${source}(?:\\.conf)?$`, 'i').test(id);
  } catch {
    return false;
  }
};

/** One of these is on the partition that the boot loader was started from. */
const settingsPaths = ['/boot/loader/loader.conf', '/boot/efi/loader/loader.conf', '/efi/loader/loader.conf'] as const;

const nothingChosen: EntryChoice = {
  loader: null,
  selected: null,
  preferred: null,
  default: null,
  lastBooted: null,
  hasBootctl: false,
};

/** Makes the copies what is started by default, where their names alone do not. */
export const renderDefaultEntry = (
  facts: HostFacts,
  copies: readonly EntryCopy[],
  triggers: readonly string[],
): Rendered => {
  if (copies.length === 0) return {artifacts: [], findings: []};
  const choice = startedChoice(facts) ?? nothingChosen;
  const settings = settingsPaths.map((path) => facts.files[path]?.text ?? '').join('\n');
  const chosen = chooseDefaultEntry(choice, settings, copies);
  if (chosen.kind === 'foreign') return {artifacts: [], findings: [foreignDefault(chosen.id, copies)]};
  return {
    artifacts: [
      ...(chosen.kind === 'set' ? [setDefault(chosen, triggers)] : []),
      ...(choice.hasBootctl && chosen.kind === 'follows' ? [listEntries(copies, triggers)] : []),
    ],
    findings: [],
  };
};

const setDefault = (
  {verb, variable, before, after}: Extract<DefaultEntry, {kind: 'set'}>,
  triggers: readonly string[],
): Artifact => ({
  kind: 'command',
  argv: ['/usr/bin/bootctl', verb, after],
  // The empty string takes the variable away (systemd: bootctl(1)).
  undo: ['/usr/bin/bootctl', verb, before ?? ''],
  triggers,
  timeoutSeconds: 60,
  effect: {kind: 'loader-variable', name: variable, before, after} satisfies LoaderVariableEffect,
  why: ['One entry is chosen by its name to be started by default; from now on it is the copy of that one.'],
});

const listEntries = (copies: readonly EntryCopy[], triggers: readonly string[]): CommandArtifact => ({
  kind: 'command',
  argv: ['/usr/bin/bootctl', 'list', '--no-pager'],
  undo: null,
  triggers,
  timeoutSeconds: 60,
  effect: {kind: 'default-entry', ids: copies.map(({id}) => id)} satisfies DefaultEntryEffect,
  why: ['Reads back which entry the boot loader starts by default.'],
});

const foreignDefault = (id: string, copies: readonly EntryCopy[]): Finding => ({
  code: 'boot-default-foreign',
  severity: 'warning',
  subject: 'boot',
  message: `This machine starts ${id} by default, and that is not changed.`,
  remedy: `Choose ${copies.map(({id}) => id).join(' or ')} in the menu of the boot loader for the virtual machine.`,
});
