import {
  type Check,
  decodeDocument,
  type Decoded,
  literal,
  nullable,
  optional,
  shape,
  text,
  type Upgrades,
} from '../decode/decode.ts';
import {planCheck} from '../plan/decode-plan.ts';
import {planUpgrades} from '../plan/upgrade-plan.ts';
import type {Plan} from '../plan/plan.ts';

/** What `apply` leaves behind for `verify`, in the journal of its transaction. */
export type AppliedPlan = {
  readonly version: 3;
  readonly plan: Plan;
  /** `/proc/sys/kernel/random/boot_id` at the time of `apply`; `null` where it was not readable. */
  readonly bootId: string | null;
  /** Of a trial boot: what its kernel command line has as `vfio_pilot.trial=`. The plan itself is not written yet. */
  readonly trial?: string;
};

export type {PromiseResult} from '../findings/promise-result.ts';

/** What `apply` of earlier versions left, brought up to date. A change of `Plan` that old plans do not have adds a line. */
const upgrades: Upgrades = {
  1: (document) => ({...document, plan: planUpgrades[1](document['plan'])}),
  2: (document) => ({...document, plan: planUpgrades[2](document['plan'])}),
};

const appliedPlan: Check<AppliedPlan> = shape<AppliedPlan>({
  version: literal(3),
  plan: planCheck,
  bootId: nullable(text),
  trial: optional(text),
});

/** `json`: plan.json of a run, which may be missing, cut off, or of another version. */
export const decodeAppliedPlan = (json: string | null): Decoded<AppliedPlan> =>
  json === null
    ? {isValid: false, problem: 'it is missing or cannot be read'}
    : decodeDocument(appliedPlan, json, {version: 3, upgrades});
