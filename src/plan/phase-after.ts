import type {GuestPhase} from '../profile/profile.ts';
import type {GuestPlan} from './plan.ts';

/** What a guest that was set up moves on to next; `null`: it was the last phase, or this kind of guest has none. */
export const phaseAfter = (guest: GuestPlan): GuestPhase | null => {
  if (!('phase' in guest)) return null;
  if (guest.phase === 'install') return 'prepare';
  return guest.phase === 'prepare' || (guest.phase === null && guest.isNew) ? 'run' : null;
};
