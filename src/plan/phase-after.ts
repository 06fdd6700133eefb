import type {GuestPhase} from '../profile/profile.ts';
import {showsOnCard} from './device/card-outputs.ts';
import type {Plan} from './plan.ts';

/** What a guest that was set up moves on to next; `null`: it was the last phase, or this kind of guest has none. */
export const phaseAfter = ({guest, devices}: Pick<Plan, 'guest' | 'devices'>): GuestPhase | null => {
  if (!('phase' in guest)) return null;
  if (guest.phase === 'install') return 'prepare';
  // Without outputs nothing would show it.
  if (!showsOnCard({devices}) && guest.lookingGlass === null) return null;
  return guest.phase === 'prepare' || (guest.phase === null && guest.isNew) ? 'run' : null;
};
