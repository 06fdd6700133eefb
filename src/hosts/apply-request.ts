import {randomBytes} from 'node:crypto';
import {compareWorlds, worldOf} from '../changes/world.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {ApplyRequest} from '../transaction/apply.ts';
import {transactionId} from '../transaction/path-state.ts';
import {guestRecord} from '../host/guests/guest-record.ts';
import {claimOf} from '../plan/claim-of-plan.ts';
import type {AppliedPlan} from '../verify/promise.ts';
import type {HostRequest} from './host.ts';

type Reading = {readonly bootId: string | null; readonly readFacts: () => HostFacts; readonly toolVersion: string};

/** What the transaction is asked for: the one way to a written machine, for the wizard and the replay alike. */
export const applyRequest = (
  {preview: {plan, changes}, facts, trial}: HostRequest,
  {bootId, readFacts, toolVersion}: Reading,
): ApplyRequest => {
  const now = new Date();
  return {
    changes,
    plan: {version: 3, plan, bootId, ...(trial === null ? {} : {trial})} satisfies AppliedPlan,
    // A trial gives nothing to a guest yet.
    guest: guestRecord(trial === null ? claimOf(plan, facts?.pci ?? readFacts().pci) : null),
    profileName: trial === null ? plan.profile : `${plan.profile} (trial)`,
    toolVersion,
    now: now.toISOString(),
    id: transactionId(now, randomBytes(8).toString('hex')),
    findStale: () =>
      facts === null
        ? []
        : compareWorlds(worldOf(facts, plan, toolVersion), worldOf(readFacts(), plan, toolVersion)).changed,
  };
};
