import {randomBytes} from 'node:crypto';
import {previewTrial} from '../changes/preview.ts';
import type {Preview} from '../changes/preview.ts';
import {trialMinutes} from '../artifacts/trial/trial-paths.ts';
import {UsageError} from '../errors.ts';
import {isBlocked} from '../findings.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Machine} from '../system/machine.ts';
import type {Source} from '../system/source.ts';
import {readAppliedPlan} from '../transaction/history.ts';
import type {OnProgress} from '../transaction/progress-event.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {applyPreview} from './apply-preview.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describePreview} from './describe-preview.ts';
import {describeProgress} from './describe-progress.ts';
import {previewDocument} from './plan.ts';

type Trial = {readonly machine: Machine | null; readonly facts: HostFacts; readonly source: Source; readonly permanent: Preview; readonly root: string};

export const applyTrial = async (context: CommandContext, {machine, facts, source, permanent, root}: Trial): Promise<number> => {
  const {options} = context;
  const token = newTrialToken();
  const preview = previewTrial(facts, permanent, token);
  if (!options.isJson) context.out(`${describePreview(preview, context.hasColor)}\nWritten only once you have confirmed the trial:\n${permanent.changes.map(({kind, path}) => `  ${kind.padEnd(8)}${path}\n`).join('')}`);
  const end = (words: string, exitCode: number, id: string | null = null): number => {
    context.out(options.isJson ? `${JSON.stringify({...(previewDocument(preview) as object), applied: id}, null, 2)}\n` : `\n${words}\n`);
    return exitCode;
  };
  if (isBlocked(preview.findings)) return end('Blocked by the findings above; nothing was written.', exitCodes.blocked);
  if (permanent.changes.length === 0) return end('Nothing to do: this host is already as the profile says.', exitCodes.done);
  if (machine === null) return end('Dry run: nothing was written.', exitCodes.done);
  if (!machine.isLive) throw new UsageError(`${root} is not the running system, so nothing can be tried there.`, 'Apply without --trial, or on the machine itself.');
  if (!(await confirm(context, 'apply'))) return end('Left as it was.', exitCodes.done);
  const id = await startTrial(machine, {source, facts, preview, token}, context.version, describeProgress(context, true), context.signal);
  return end(whatNext(id), exitCodes.done, id);
};

export const newTrialToken = (): string => randomBytes(6).toString('hex');

type Prepared = {readonly source: Source; readonly facts: HostFacts | null; readonly preview: Preview; readonly token: string};

/** The choice for the next boot is its last step, and read back from where the boot loader will read it. */
export const startTrial = async (machine: Machine, {source, facts, preview, token}: Prepared, version: string, events: OnProgress, signal: AbortSignal): Promise<string> => {
  const {id} = await applyPreview({machine, source, facts}, preview, version, events, signal, token);
  return id;
};

const whatNext = (id: string): string =>
  [
    `The trial is set up as ${id}; nothing else was changed.`,
    'Reboot now:        the next boot, and only that one, is the trial.',
    'When it is good:   sudo vfio-pilot confirm',
    `Otherwise:         nothing to do. A panic, or ${trialMinutes} minutes without a confirmation, bring the present system back.`,
    'To drop it:        sudo vfio-pilot rollback',
  ].join('\n');

/** A plan that is on trial is neither applied nor taken back yet, and a second one would hide it. */
export const refuseDuringTrial = (machine: Machine): void => {
  const applied = decodeAppliedPlan(readAppliedPlan(machine));
  if (applied?.trial === undefined) return;
  throw new UsageError(`A trial of profile ${applied.plan.profile} is set up and not confirmed yet.`, 'In its boot run `vfio-pilot confirm`, or drop it with `vfio-pilot rollback`.');
};
