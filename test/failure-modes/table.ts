import {bindingModes} from './binding-modes.ts';
import type {FailureMode} from './failure-mode.ts';
import {guestModes} from './guest-modes.ts';
import {hostModes} from './host-modes.ts';
import {proxmoxModes} from './proxmox-modes.ts';
import {sharedModes} from './shared-modes.ts';
import {xenModes} from './xen-modes.ts';

/** Collected from public issue trackers, forums and the code of other tools; the README next to this is made from it. */
export const failureModes: readonly FailureMode[] = [
  ...bindingModes,
  ...guestModes,
  ...hostModes,
  ...sharedModes,
  ...proxmoxModes,
  ...xenModes,
].toSorted((one, other) => one.number - other.number);
