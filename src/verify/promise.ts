import type {Plan} from '../plan/plan.ts';

/** What `apply` leaves behind for `verify`, in the journal of its transaction. */
export type AppliedPlan = {
  readonly version: 1;
  readonly plan: Plan;
  /** `/proc/sys/kernel/random/boot_id` at the time of `apply`; `null` where it was not readable. */
  readonly bootId: string | null;
  /** Of a trial boot: what its kernel command line has as `vfio_pilot.trial=`. The plan itself is not written yet. */
  readonly trial?: string;
};

/** One thing that the plan promised, held against the machine read again. */
export type PromiseResult = {
  readonly id: string;
  /** `pending`: can only be so after a reboot, and there was none yet. */
  readonly status: 'kept' | 'broken' | 'pending' | 'unknown';
  readonly promise: string;
  readonly fact: string;
  /** `null` where nothing is to do. */
  readonly remedy: string | null;
};
