import type {PlanContext} from '../plan/context.ts';

/** A key of the profile that this hypervisor has no use for. `why` ends the sentence. */
export type UnusedKey = {readonly subject: string; readonly isSet: boolean; readonly why: string};

export const judgeUnusedKeys = (context: PlanContext, keys: readonly UnusedKey[]): void => {
  for (const {subject, isSet, why} of keys)
    if (isSet)
      context.report('note', 'guest-option-unsupported', {
        subject,
        message: `${subject} has no effect: ${why}.`,
        remedy: `Leave ${subject} out.`,
      });
};
