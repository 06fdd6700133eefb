import {keysNamedIn} from '../../findings/named-keys.ts';
import type {WizardState} from './state.ts';

type Told = readonly {readonly remedy: string | null}[];

const known = new WeakMap<Told, ReadonlySet<string>>();

const keysOf = (told: Told): ReadonlySet<string> => {
  const before = known.get(told);
  if (before !== undefined) return before;
  const keys = told
    .flatMap(({remedy}) => keysNamedIn(remedy ?? ''))
    .flatMap(({key, value}) => (value === null ? [key] : [key, `${key}: ${value}`]));
  const found = new Set(keys);
  known.set(told, found);
  return found;
};

const nothing: Told = [];

/** Keys that the remedies of the plan, and of what is applied, name. */
export const namedIn = ({preview, verify}: Pick<WizardState, 'preview' | 'verify'>): ReadonlySet<string> =>
  new Set([...keysOf(preview.findings), ...keysOf(verify.phase === 'done' ? verify.results : nothing)]);

/** The key of the profile that a field writes. */
export const keyOfField = (id: string): string =>
  id.startsWith('devices.rom:') ? 'devices[].rom' : id.replace(/MiB$/, '');
