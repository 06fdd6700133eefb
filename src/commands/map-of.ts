import type {HostFacts} from '../facts/host-facts.ts';
import {parentsOf} from '../plan/device/parents-of.ts';
import type {Plan} from '../plan/plan.ts';

/** What the map of a host shows, with what a plan takes of it. */
export const mapOf = ({facts, plan}: {readonly facts: HostFacts; readonly plan: Plan | null}) => ({
  facts,
  pinning: plan?.pinning ?? null,
  memory: plan?.memory ?? null,
  deviceAddresses: plan?.devices.flatMap(({address}) => address ?? []) ?? [],
  parentAddresses: plan === null ? [] : parentsOf(plan),
});
