import type {FailureMode} from './failure-mode.ts';
import {bindingModes} from './binding-modes.ts';
import {guestModes} from './guest-modes.ts';
import {hostModes} from './host-modes.ts';

/** Collected from public issue trackers, forums and the code of other tools; the README beside this is made from it. */
export const failureModes: readonly FailureMode[] = [...bindingModes, ...guestModes, ...hostModes].toSorted((one, other) => one.number - other.number);
