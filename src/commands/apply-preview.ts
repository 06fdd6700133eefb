import {randomBytes} from 'node:crypto';
import {compareWorlds} from '../changes/compare-worlds.ts';
import type {Preview} from '../changes/preview.ts';
import {worldOf} from '../changes/world.ts';
import type {HostFacts} from '../host/facts.ts';
import {readHost} from '../host/read-host.ts';
import type {Machine} from '../system/machine.ts';
import type {Source} from '../system/source.ts';
import {applyChanges} from '../transaction/apply.ts';
import type {ApplyResult} from '../transaction/apply.ts';
import {transactionId} from '../transaction/paths.ts';
import type {OnProgress} from '../transaction/progress-event.ts';
import type {AppliedPlan} from '../verify/promise.ts';

/** `facts`: what the preview was made from, held against the host read again; `null` where it cannot be. */
type ReadHost = {readonly machine: Machine; readonly source: Source; readonly facts: HostFacts | null};

/** The one way to a written machine, for the wizard and the replay alike. */
export const applyPreview = (
  {machine, source, facts}: ReadHost,
  {plan, changes}: Pick<Preview, 'plan' | 'changes'>,
  toolVersion: string,
  events: OnProgress,
  signal: AbortSignal,
  trial?: string,
): Promise<ApplyResult> => {
  const now = new Date();
  const applied: AppliedPlan = {version: 1, plan, bootId: readBootId(source), ...(trial === undefined ? {} : {trial})};
  const id = transactionId(now, randomBytes(8).toString('hex'));
  const findStale = (): readonly string[] => (facts === null ? [] : compareWorlds(worldOf(facts, plan, toolVersion), worldOf(readHost(source), plan, toolVersion)).changed);
  return applyChanges(machine, {changes, plan: applied, profileName: trial === undefined ? plan.profile : `${plan.profile} (trial)`, toolVersion, now: now.toISOString(), id, findStale}, events, signal);
};

export const readBootId = (source: Source): string | null => source.text('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
