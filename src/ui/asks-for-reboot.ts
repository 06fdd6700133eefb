import {comesWithBoot} from '../changes/comes-with-boot.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {hasMadeDevices} from '../plan/device/parents-of.ts';
import type {Plan} from '../plan/plan.ts';
import {needsReboot} from '../verify/verify-plan.ts';

/**
 * Whether a reboot has to follow: not where this boot has all that comes with one, as after a change of the guest alone.
 * A unit that makes parts of a card has run for those of before only.
 */
export const asksForReboot = (facts: HostFacts, plan: Plan): boolean =>
  comesWithBoot(plan) && (hasMadeDevices(plan) || needsReboot(facts, plan, null));
