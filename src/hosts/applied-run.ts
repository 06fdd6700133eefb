import type {Decoded} from '../decode/decode.ts';
import type {Machine} from '../system/machine.ts';
import {type HistoryEntry, newestApplied, readPlanText} from '../transaction/history.ts';
import {type AppliedPlan, decodeAppliedPlan} from '../verify/promise.ts';

export type AppliedRun = {readonly entry: HistoryEntry; readonly applied: Decoded<AppliedPlan>};

/** The newest applied run with its plan, as far as that can be read; `null` when nothing is applied. */
export const readAppliedRun = (machine: Machine): AppliedRun | null => {
  const entry = newestApplied(machine);
  return entry === null ? null : {entry, applied: decodeAppliedPlan(readPlanText(machine, entry.id))};
};

/** The plan of a trial that waits to be confirmed, with the token of its boot; `null` when none does. */
export const trialOf = (run: AppliedRun | null): (AppliedPlan & {readonly trial: string}) | null => {
  const applied = run?.applied;
  if (applied?.isValid !== true || applied.value.trial === undefined) return null;
  return {...applied.value, trial: applied.value.trial};
};
