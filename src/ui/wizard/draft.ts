import type {Profile} from '../../profile/profile.ts';
import {type Field, type FieldHost, type FieldValue, refusalOf} from './field.ts';

/** A profile to start from, and what the user changed since; kept apart so that another card keeps the changes. */
export type Draft = {
  readonly base: Profile;
  /** By field id. */
  readonly edits: Readonly<Record<string, FieldValue>>;
  /** File that the draft was taken from. */
  readonly path: string | null;
};

export const draftFromProfile = (profile: Profile, path: string | null = null): Draft => ({
  base: profile,
  edits: {},
  path,
});

export const profileFromDraft = (draft: Draft, fields: readonly Field[], host: FieldHost): Profile =>
  fields.reduce((profile, field) => {
    const value = draft.edits[field.id];
    return value === undefined || refusalOf(field, value) !== null ? profile : field.write(profile, value, host);
  }, draft.base);

/** Addresses, nodes and binding of the card before mean nothing for this one; sizes and names do. */
export const rebaseDraft = ({base, edits, path}: Draft, proposed: Profile): Draft => ({
  base: path === null ? proposed : withDevicesOf(base, proposed),
  edits: Object.fromEntries(
    Object.entries(edits).filter(([id]) => id !== 'binding' && !id.startsWith('host.') && !id.endsWith('.node')),
  ),
  path,
});

/** A profile that was opened keeps all that does not belong to its card. */
const withDevicesOf = (profile: Profile, {devices, binding, host}: Profile): Profile => ({
  ...profile,
  devices,
  binding,
  host,
  cpu: {...profile.cpu, node: 'auto', pins: 'auto', emulator: 'auto', iothreads: 'auto'},
  memory: {...profile.memory, node: 'auto'},
});
