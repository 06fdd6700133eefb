import type {Decoded} from '../decode/decode.ts';
import type {Machine} from '../system/machine.ts';
import {type HistoryEntry, newestApplied, readHistory, readPlanText} from '../transaction/history.ts';
import {type AppliedPlan, decodeAppliedPlan} from '../verify/promise.ts';

export type AppliedRun = {readonly entry: HistoryEntry; readonly applied: Decoded<AppliedPlan>};

/** The newest applied run with its plan, as far as that can be read; `null` when nothing is applied. */
export const readAppliedRun = (machine: Machine): AppliedRun | null => {
  const entry = newestApplied(machine);
  return entry === null ? null : {entry, applied: decodeAppliedPlan(readPlanText(machine, entry.id))};
};

/** The newest applied run that set up the guest of this name, trials aside; `null` when none did. */
export const readRunOf = (machine: Machine, guest: string): AppliedRun | null => {
  for (const entry of readHistory(machine).filter(({state}) => state === 'applied')) {
    const applied = decodeAppliedPlan(readPlanText(machine, entry.id));
    if (applied.isValid && applied.value.trial === undefined && applied.value.plan.guest.name === guest)
      return {entry, applied};
  }
  return null;
};

/** The plan of a trial that waits to be confirmed, with the token of its boot; `null` when none does. */
export const trialOf = (run: AppliedRun | null): (AppliedPlan & {readonly trial: string}) | null => {
  const applied = run?.applied;
  if (applied?.isValid !== true || applied.value.trial === undefined) return null;
  return {...applied.value, trial: applied.value.trial};
};
