import {randomBytes} from 'node:crypto';
import type {Preview} from '../changes/preview.ts';
import type {Machine} from '../system/machine.ts';
import type {Source} from '../system/source.ts';
import {applyChanges} from '../transaction/apply.ts';
import type {ApplyResult} from '../transaction/apply.ts';
import {transactionId} from '../transaction/paths.ts';
import type {OnProgress} from '../transaction/progress-event.ts';
import type {AppliedPlan} from '../verify/promise.ts';

/** The one way to a written machine, for the wizard and the replay alike. */
export const applyPreview = (
  machine: Machine,
  source: Source,
  {plan, changes}: Pick<Preview, 'plan' | 'changes'>,
  toolVersion: string,
  events: OnProgress,
  signal: AbortSignal,
  trial?: string,
): Promise<ApplyResult> => {
  const now = new Date();
  const applied: AppliedPlan = {version: 1, plan, bootId: readBootId(source), ...(trial === undefined ? {} : {trial})};
  const id = transactionId(now, randomBytes(8).toString('hex'));
  return applyChanges(machine, {changes, plan: applied, profileName: trial === undefined ? plan.profile : `${plan.profile} (trial)`, toolVersion, now: now.toISOString(), id}, events, signal);
};

export const readBootId = (source: Source): string | null => source.text('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
