import {basename} from 'node:path';
import {TransactionError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {Plan} from '../plan/plan.ts';
import type {Machine} from '../system/machine.ts';
import type {Source} from '../system/source.ts';
import {readWritten} from '../transaction/history.ts';
import {listingCommands} from '../verify/verify-images.ts';
import {awaitsReboot, verifyPlan, verifyWithoutPlan} from '../verify/verify-plan.ts';
import {type AppliedRun, readAppliedRun} from './applied-run.ts';
import {readBootId} from './boot-id.ts';

/** Each promise of the run; the files alone where its plan cannot be read. */
export const verifyRun = (
  machine: Machine,
  {entry, applied}: AppliedRun,
  source: Source,
  facts: HostFacts,
): readonly PromiseResult[] => {
  const written = readWritten(machine);
  if (!applied.isValid)
    return verifyWithoutPlan(facts, `${entry.journal}/plan.json cannot be used: ${applied.problem}`, written);
  const {plan, trial} = applied.value;
  const listings = trial === undefined ? listingsOf(plan, source, facts) : {};
  return verifyPlan(facts, applied.value, readBootId(source), listings, written);
};

/**
 * Without a journal nothing says in which boot it was written, so this one counts; unless a promise shows by itself that
 * the next boot keeps it, as a card that the boot entry hides and the running kernel does not.
 */
export const verifyPlanOnly = (plan: Plan, source: Source, facts: HostFacts): readonly PromiseResult[] => {
  const listings = listingsOf(plan, source, facts);
  const verifyIn = (bootId: string): readonly PromiseResult[] =>
    verifyPlan(facts, {version: 3, plan, bootId: 'before'}, bootId, listings);
  const results = verifyIn('now');
  const waiting = results.find(({status}) => status === 'pending');
  if (waiting === undefined) return results;
  return verifyIn('before').map((result, index) =>
    results[index]?.status === 'broken' && result.status === 'pending' ? {...result, remedy: waiting.remedy} : result,
  );
};

const listingsOf = (plan: Plan, source: Source, facts: HostFacts): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    listingCommands(facts, plan).map(({path, argv: [program = '', ...args]}) => [
      path,
      source.run(basename(program), args),
    ]),
  );

/** `null` where that cannot be read: a plan that only looks must not stop at a damaged journal. */
export const runAwaitsReboot = (machine: Machine, facts: HostFacts, bootId: string | null): boolean | null => {
  try {
    const run = readAppliedRun(machine);
    if (run === null) return false;
    return run.applied.isValid ? awaitsReboot(facts, run.applied.value, bootId) : null;
  } catch (error) {
    if (error instanceof TransactionError) return null;
    throw error;
  }
};
