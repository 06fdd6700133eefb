import {previewPlan} from '../changes/preview.ts';
import {UsageError} from '../errors.ts';
import {isBlocked} from '../findings.ts';
import {readAppliedPlan} from '../transaction/history.ts';
import {rollback} from '../transaction/rollback.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {verifyPlan} from '../verify/verify-plan.ts';
import {isTrialBoot} from '../verify/verify-trial.ts';
import {applyPreview, readBootId} from './apply-preview.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {previewDocument, showPreview} from './plan.ts';
import {lookAtMachine, startMachine} from './start-machine.ts';
import {describeResults} from './verify.ts';

/** In a trial boot that is good: takes the trial's own parts away and writes the plan for good. */
export const confirmTrial = async (context: CommandContext): Promise<number> => {
  const root = await chooseRoot(context);
  const machine = context.options.isDryRun ? lookAtMachine(context, root) : await startMachine(context, root);
  const applied = decodeAppliedPlan(readAppliedPlan(machine));
  if (applied?.trial === undefined) throw new UsageError('No trial is waiting to be confirmed.', 'Start one with `vfio-pilot apply --trial PROFILE`.');
  const {facts, source} = await openHost(context, root);
  if (!isTrialBoot(facts, applied.trial)) throw new UsageError('This boot is not the trial: it did not come up, or nobody confirmed it in time.', 'Reboot if it was never started; otherwise drop it with `vfio-pilot rollback`.');
  const results = verifyPlan(facts, applied, readBootId(source));
  context.err(describeResults(results, false));
  const preview = previewPlan(facts, applied.plan, []);
  const end = (words: string, exitCode: number, id: string | null = null): number => {
    context.out(context.options.isJson ? `${JSON.stringify({...(previewDocument(preview) as object), promises: results, applied: id}, null, 2)}\n` : words);
    return exitCode;
  };
  if (results.some(({status}) => status === 'broken')) return end('\nNot confirmed: not every promise is kept. A reboot brings the known-good system back; then drop the trial with `vfio-pilot rollback`.\n', exitCodes.blocked);
  if (!context.options.isJson) showPreview(context, preview);
  if (isBlocked(preview.findings)) return end('Blocked by the findings above: the trial goes on.\n', exitCodes.blocked);
  if (context.options.isDryRun) return end('Dry run: nothing was written, and the trial goes on.\n', exitCodes.done);
  if (!(await confirm(context, 'apply'))) return end('Left as it was: the trial goes on.\n', exitCodes.done);
  const events = describeProgress(context, machine.isLive);
  await rollback(machine, {}, events, context.signal);
  // What the trial wrote is gone again since the facts were read: they are no measure of what changed.
  const {id} = await applyPreview({machine, source, facts: null}, preview, context.version, events, context.signal);
  return end(`\nConfirmed: applied for good as ${id}. From here on every boot is like this one.\nTo take it back:   sudo vfio-pilot rollback\n`, exitCodes.done, id);
};
