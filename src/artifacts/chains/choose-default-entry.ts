import type {EntryChoice} from '../../host/facts.ts';
import {withoutOwnName} from './entry-names.ts';

/** A boot entry and the copy that is to be started in its place, by id. */
export type EntryCopy = {readonly of: string; readonly id: string};

/**
 * `follows`: the copies sort directly before what they were made from, so that they are the default by themselves, and
 * the entries of later kernels after them. `set`: somebody chose one entry by name, and the copy must be chosen the same way.
 * `foreign`: the machine starts something else by itself, which is not ours to change.
 */
export type DefaultEntry =
  | {readonly kind: 'follows'}
  | {readonly kind: 'set'; readonly verb: 'set-default' | 'set-preferred'; readonly variable: string; readonly before: string | null; readonly after: string}
  | {readonly kind: 'foreign'; readonly id: string};

type Pin = {readonly value: string; readonly verb: 'set-default' | 'set-preferred'};

/** What systemd-boot asks, in its order (systemd: systemd-boot(7), loader.conf(5)). */
export const chooseDefaultEntry = (choice: EntryChoice, loaderConf: string, copies: readonly EntryCopy[]): DefaultEntry => {
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
  after: choice.selected !== null && !choice.selected.includes('.conf') && !choice.selected.endsWith('.efi') ? id.replace(/\.conf$/, '') : id,
});

const pinsOf = (choice: EntryChoice, loaderConf: string): readonly Pin[] => {
  const configured = (key: string): string | null => [...loaderConf.matchAll(new RegExp(`^[ \\t]*${key}[ \\t]+"?([^\\n"]*?)"?[ \\t\\r]*$`, 'gm'))].at(-1)?.[1] ?? null;
  return ([[choice.preferred, 'set-preferred'], [configured('preferred'), 'set-preferred'], [choice.default, 'set-default'], [configured('default'), 'set-default']] as const)
    .flatMap(([value, verb]) => (value === null || value === '' ? [] : [{value, verb}]));
};

/** fnmatch without regard to case, with or without the ending, as the versions do it. */
const matches = (pattern: string, id: string): boolean => {
  const source = pattern.replaceAll(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.').replaceAll('[!', '[^');
  try {
    return new RegExp(`^${source}(?:\\.conf)?$`, 'i').test(id);
  } catch {
    return false;
  }
};
