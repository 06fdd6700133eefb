import type {HostFacts} from '../../facts/host-facts.ts';
import type {ComingSlice} from './left-of-type.ts';

/** Slices of all guests that are set up here, without `guest`, as far as they are not there yet. */
export const comingSlices = (
  {guests, mediated}: Pick<HostFacts, 'guests' | 'mediated'>,
  guest: string | null,
): readonly ComingSlice[] =>
  guests.recorded
    .filter((claim) => claim.guest !== guest)
    .flatMap(({mediatedDevices}) => mediatedDevices)
    .filter(({uuid}) => !mediated.devices.some((one) => one.uuid === uuid));
