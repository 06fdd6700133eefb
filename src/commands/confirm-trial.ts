import {type Preview, previewPlan} from '../changes/preview.ts';
import {nullable, shape, text, wordOf} from '../decode/decode.ts';
import {NothingAppliedError, UsageError} from '../errors.ts';
import {isBlocked} from '../findings/finding.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import {trialOf} from '../hosts/applied-run.ts';
import type {Host} from '../hosts/host.ts';
import {isTrialBoot} from '../verify/verify-kernel.ts';
import {type Command, type Context, exitCodes} from './command.ts';
import {describePreview} from './describe-preview.ts';
import {type PreviewDocument, previewDocument, previewMembers, promisesShape} from './documents.ts';
import {describeResults} from './verify.ts';
import {rehearse, startWriting} from './writing.ts';

type Options = {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly resume: boolean;
  readonly 'keep-edits': boolean;
};

type Confirmed = {
  readonly preview: Preview;
  readonly promises: readonly PromiseResult[];
  readonly outcome: 'broken' | 'blocked' | 'dry-run' | 'left' | 'applied';
  /** The run that stays, where it was confirmed. */
  readonly id: string | null;
};

type Document = PreviewDocument &
  Pick<Confirmed, 'promises' | 'outcome'> & {
    /** The run that stays, where it was confirmed. */
    readonly applied: string | null;
  };

/** In a trial boot that is good: takes the trial's own parts away and writes the plan permanently. */
export const confirmTrial: Command<Options, Confirmed, Document> = {
  run: async (context) => {
    const {resume, 'keep-edits': keepEdits} = context.options;
    const host = await context.host();
    const isPlayable = await startWriting(context, host, {resume, keepEdits});
    const run = await host.applied();
    const applied = trialOf(run);
    if (run === null || applied === null)
      throw new NothingAppliedError(
        'No trial is waiting to be confirmed.',
        'Start one with `vfio-pilot apply --trial PROFILE`.',
      );
    const facts = await host.facts();
    if (!isTrialBoot(facts, applied.trial))
      throw new UsageError(
        'This boot is not the trial: it did not come up, or nobody confirmed it in time.',
        'Reboot if it was never started; otherwise drop it with `vfio-pilot rollback`.',
      );
    const promises = await host.verify(run);
    const preview = previewPlan(facts, applied.plan, []);
    context.note(describeResults(promises, {...context.style, hasColor: false}));
    if (promises.some(({status}) => status === 'broken')) return {preview, promises, outcome: 'broken', id: null};
    context.show(describePreview(preview, context.style));
    return {preview, promises, ...(await write(context, host, preview, isPlayable))};
  },
  exitCode: ({outcome}) => (outcome === 'broken' || outcome === 'blocked' ? exitCodes.blocked : exitCodes.done),
  // The boot on trial is the one that the plan asked for.
  document: ({preview, promises, outcome, id}) => ({
    ...previewDocument(preview, {rebootRequired: false, pending: false}),
    promises,
    outcome,
    applied: id,
  }),
  shape: shape<Document>({
    ...previewMembers,
    promises: promisesShape,
    outcome: wordOf<Confirmed['outcome']>({
      broken: true,
      blocked: true,
      'dry-run': true,
      left: true,
      applied: true,
    }),
    applied: nullable(text),
  }),
  describe: ({outcome, id}, {typed}) =>
    ({
      broken: `\nNot confirmed: not every promise is kept. A reboot brings the known-good system back; then drop the trial with \`${typed('rollback')}\`.\n`,
      blocked: 'Blocked by the findings above: the trial goes on.\n',
      'dry-run': 'Dry run: nothing was written, and the trial goes on.\n',
      left: 'Nothing was written: the trial goes on.\n',
      applied: `\nConfirmed: applied permanently as ${id}. From here on every boot is like this one.\nTo take it back:   sudo ${typed('rollback')}\n`,
    })[outcome],
};

const write = async (
  context: Context<Options>,
  host: Host,
  preview: Preview,
  isPlayable: boolean,
): Promise<Pick<Confirmed, 'outcome' | 'id'>> => {
  if (isBlocked(preview.findings)) return {outcome: 'blocked', id: null};
  const play = async (): Promise<string> => {
    await host.rollback({request: {}, plan: null}, context.onProgress, context.signal);
    // What the trial wrote is gone again since the facts were read: they are no measure of what changed.
    return (await host.apply({preview, facts: null, trial: null}, context.onProgress, context.signal)).id;
  };
  if (host.isDry) {
    await rehearse(context, host, isPlayable, play);
    return {outcome: 'dry-run', id: null};
  }
  if (!(await context.confirm('apply'))) return {outcome: 'left', id: null};
  return {outcome: 'applied', id: await play()};
};
