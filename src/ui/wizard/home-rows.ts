import {hypervisorOf} from '../../hypervisor/hypervisors.ts';
import type {GuestPhase} from '../../profile/profile.ts';
import type {AppliedState, SavedProfile} from '../services.ts';
import type {WizardContext} from './context.ts';
import type {Offer, WizardState} from './state.ts';

/** What the start screen offers, one member for each kind of row. */
export type HomeRow =
  | {readonly kind: 'verify' | 'todo' | 'undo' | 'new' | 'history' | 'leave'}
  /** Choices that were not saved. */
  | {readonly kind: 'continue'; readonly offer: Offer}
  | {readonly kind: 'profile'; readonly saved: SavedProfile}
  /** What the guest that is set up moves on to. `saved`: the profile it was set up with, where that is in this folder. */
  | {readonly kind: 'phase'; readonly guest: string; readonly to: GuestPhase; readonly saved: SavedProfile | null}
  /** A guest that exists, as its hypervisor names it. */
  | {readonly kind: 'guest'; readonly name: string};

export const appliedTo = ({services: {machine}}: WizardContext): AppliedState | null =>
  machine.isReadable ? machine.applied : null;

/** The file of what is applied, where it is in this folder. */
export const appliedProfile = (context: WizardContext): SavedProfile | null => {
  const applied = appliedTo(context);
  const isOf = ({profile}: SavedProfile): boolean =>
    profile.name === applied?.profile && (applied.guest === null || profile.guest.name === applied.guest);
  return context.services.savedProfiles.find(isOf) ?? null;
};

/** Choices that were left open, the state of the machine; where nothing is applied, the way to the first set-up. */
export const homeRows = (context: WizardContext, {resume: {offer}}: WizardState): readonly HomeRow[] => {
  const {machine, savedProfiles, facts} = context.services;
  const isApplied = appliedTo(context) !== null;
  return [
    ...(offer === null ? [] : [{kind: 'continue', offer} as const]),
    ...(isApplied ? ([{kind: 'verify'}, {kind: 'todo'}, {kind: 'undo'}] as const) : []),
    ...phaseRow(context),
    {kind: 'new'},
    ...savedProfiles.map((saved): HomeRow => ({kind: 'profile', saved})),
    ...hypervisorOf(facts)
      .guests(facts)
      .map(({name}): HomeRow => ({kind: 'guest', name})),
    ...(machine.isReadable && machine.runs.length > 0 ? ([{kind: 'history'}] as const) : []),
    {kind: 'leave'},
  ];
};

/** A trial is kept or goes away before anything else changes. */
const phaseRow = (context: WizardContext): readonly HomeRow[] => {
  const {guest = null, nextPhase: to = null, isTrial = true} = appliedTo(context) ?? {};
  return guest === null || to === null || isTrial ? [] : [{kind: 'phase', guest, to, saved: appliedProfile(context)}];
};

export const focusedHomeRow = (context: WizardContext, state: WizardState): HomeRow => {
  const rows = homeRows(context, state);
  return rows[Math.min(state.focus.home ?? 0, rows.length - 1)] ?? {kind: 'leave'};
};
