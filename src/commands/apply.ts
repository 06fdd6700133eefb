import {previewChanges} from '../changes/preview.ts';
import type {Preview} from '../changes/preview.ts';
import {isBlocked} from '../findings.ts';
import type {ApplyResult} from '../transaction/apply.ts';
import {applyPreview} from './apply-preview.ts';
import {applyTrial, refuseDuringTrial} from './apply-trial.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {loadProfileOrPlan} from './load-plan.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {previewDocument, refuseProfile, showPreview} from './plan.ts';
import {refuseOtherThanSaved} from './refuse-other-plan.ts';
import {requireRights, startMachine} from './start-machine.ts';
import {quoteForShell} from '../quote-for-shell.ts';

export const apply = async (context: CommandContext): Promise<number> => {
  const {options} = context;
  const {loaded, saved} = loadProfileOrPlan(options.positionals[0]);
  if (!loaded.isValid) return refuseProfile(context, loaded.findings);
  const root = await chooseRoot(context);
  if (!options.isDryRun) requireRights(root);
  const machine = options.isDryRun ? null : await startMachine(context, root);
  if (machine !== null) refuseDuringTrial(machine);
  const {facts, source} = await openHost(context, root);
  const permanent = previewChanges(facts, loaded.profile, loaded.positionOf);
  if (saved !== null && (permanent.changes.length > 0 || isBlocked(permanent.findings))) refuseOtherThanSaved(context, saved, facts, permanent);
  if (options.isTrial) return applyTrial(context, {machine, facts, source, permanent, root});
  const preview = permanent;
  if (!options.isJson) showPreview(context, preview);
  if (isBlocked(preview.findings)) return finish(context, preview, null, exitCodes.blocked, 'Blocked by the findings above; nothing was written.');
  if (preview.changes.length === 0) return finish(context, preview, null, exitCodes.done, saved === null ? nothingToDo : 'Already applied: this host is as the saved plan says.');
  if (machine === null) return finish(context, preview, null, exitCodes.done, 'Dry run: nothing was written.');
  if (!(await confirm(context, 'apply'))) return finish(context, preview, null, exitCodes.done, 'Left as it was.');
  const result = await applyPreview({machine, source, facts}, preview, context.version, describeProgress(context, machine.isLive), context.signal);
  return finish(context, preview, result, exitCodes.done, whatNext(result, context, root));
};

const nothingToDo = 'Nothing to do: this host is already as the profile says.';

const finish = (context: CommandContext, preview: Preview, result: ApplyResult | null, exitCode: number, words: string): number => {
  if (!context.options.isJson) {
    context.out(`\n${words}\n`);
    return exitCode;
  }
  const document = {...(previewDocument(preview) as object), applied: result === null ? null : result.id};
  context.out(`${JSON.stringify(document, null, 2)}\n`);
  return exitCode;
};

const whatNext = ({id, outcome}: ApplyResult, {options}: CommandContext, root: string): string => {
  if (outcome === 'nothing-to-do') return nothingToDo;
  const flags = options.isDemo || root !== '/' ? ` --root ${quoteForShell(root)}` : '';
  const sudo = flags === '' ? 'sudo ' : '';
  return [
    `Applied as ${id}.`,
    flags === '' ? 'Reboot now; the card changes hands early in the next boot.' : 'Commands were listed and not run, because this is another root.',
    `After the reboot:  ${sudo}vfio-pilot verify${flags}`,
    `To take it back:   ${sudo}vfio-pilot rollback${flags}`,
  ].join('\n');
};
