import {type Preview, previewTrial} from '../changes/preview.ts';
import {either, nullable, shape, text, wordOf} from '../decode/decode.ts';
import {isBlocked} from '../findings/finding.ts';
import {trialMinutes} from '../boot/trial/trial-units.ts';
import {UsageError} from '../errors.ts';
import type {Host, Proposal} from '../hosts/host.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Task} from '../plan/task.ts';
import {whatNext} from '../ui/what-next.ts';
import {printable} from '../words/printable.ts';
import {needsReboot} from '../verify/verify-plan.ts';
import {type Command, type Context, exitCodes, type Style} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {describePreview} from './describe-preview.ts';
import {
  type PreviewDocument,
  previewDocument,
  previewMembers,
  type Reboot,
  rebootOf,
  type Unreadable,
  type UnreadableDocument,
  unreadableDocument,
  unreadableShape,
} from './documents.ts';
import {refuseScripted} from '../hosts/refuse-scripted.ts';
import {loadProfileOrPlan} from './load.ts';
import {refuseOtherThanSaved} from './refuse-other-plan.ts';
import {askAndApply, newTrialToken, refuseDuringTrial, rootFlags, startWriting} from './writing.ts';

type Options = {
  readonly 'dry-run': boolean;
  readonly trial: boolean;
  readonly yes: boolean;
  readonly resume: boolean;
  readonly 'keep-edits': boolean;
};

type Ending = {
  readonly preview: Preview;
  readonly reboot: Reboot;
  readonly isTrial: boolean;
  readonly isSavedPlan: boolean;
  /** ` --root DIR` for commands about another root; empty for this machine. */
  readonly flags: string;
  /** What is to be done by hand after it, but for the reboot and the verification. */
  readonly tasks: readonly Task[];
  readonly outcome: 'blocked' | 'nothing-to-do' | 'dry-run' | 'left' | 'applied';
  /** The run, where one was applied. */
  readonly id: string | null;
};

type Document =
  | UnreadableDocument
  | (PreviewDocument & {
      readonly outcome: Ending['outcome'];
      /** The run, where one was applied. */
      readonly applied: string | null;
    });

export const apply: Command<Options, Unreadable | (Ending & {readonly kind: 'ended'}), Document> = {
  run: async (context) => {
    const {
      options,
      positionals: [path = ''],
    } = context;
    const {loaded, saved} = loadProfileOrPlan(path);
    if (!loaded.isValid) return {kind: 'unreadable', findings: loaded.findings};
    const host = await context.host();
    const isPlayable = (!host.isDry || host.mayWrite) && (await prepare(context, host));
    const proposal = await host.preview(loaded.profile, loaded.positionOf);
    const {facts, preview: permanent} = proposal;
    refuseScripted(permanent.plan);
    if (saved !== null && (permanent.changes.length > 0 || isBlocked(permanent.findings)))
      refuseOtherThanSaved(context, saved, facts, permanent);
    // What changes nothing needs no trial, and could not have one in the trial boot that has just been confirmed.
    const token = options.trial && permanent.changes.length > 0 ? newTrialToken() : null;
    const preview = token === null ? permanent : previewTrial(facts, permanent, token);
    context.show(describePreview(preview, context.style));
    if (token !== null) context.show(describePermanent(permanent));
    const ending = {
      kind: 'ended',
      preview,
      isTrial: options.trial,
      isSavedPlan: saved !== null,
      flags: rootFlags(host),
      tasks: handiwork(facts, permanent, host, context.style),
    } as const;
    // Before a dry run: what that writes is read back as if it were there.
    const waited = context.json ? await host.awaitsReboot(facts) : null;
    const written = await write(context, host, {facts, preview, permanent, token, isPlayable});
    const isWritten = written.outcome === 'applied';
    const pending = context.json && isWritten ? await host.awaitsReboot(facts) : waited;
    const needed = needsReboot(facts, preview.plan, token);
    return {...ending, ...written, reboot: rebootOf(isWritten ? [] : preview.changes, needed, pending)};
  },
  exitCode: (result) => {
    if (result.kind === 'unreadable') return exitCodes.usage;
    return result.outcome === 'blocked' ? exitCodes.blocked : exitCodes.done;
  },
  document: (result) =>
    result.kind === 'unreadable'
      ? unreadableDocument(result)
      : {...previewDocument(result.preview, result.reboot), outcome: result.outcome, applied: result.id},
  shape: either<Document>(
    shape<Exclude<Document, UnreadableDocument>>({
      ...previewMembers,
      outcome: wordOf<Ending['outcome']>({
        blocked: true,
        'nothing-to-do': true,
        'dry-run': true,
        left: true,
        applied: true,
      }),
      applied: nullable(text),
    }),
    unreadableShape,
  ),
  describe: (result, style) => (result.kind === 'unreadable' ? '' : `\n${describeEnding(result, style)}\n`),
  remark: (result, style) => (result.kind === 'unreadable' ? describeFindings(result.findings, style) : ''),
};

const handiwork = (facts: HostFacts, {plan}: Preview, host: Host, {program}: Style): readonly Task[] =>
  whatNext(facts, plan, {program, sudo: '', flags: rootFlags(host)}).filter(
    ({id}) => id !== 'reboot' && id !== 'verify',
  );

const describeTasks = (tasks: readonly Task[], sudo: string): readonly string[] => [
  ...(tasks.length === 0 ? [] : ['', 'To do by hand, in this order:']),
  ...tasks.flatMap(({title, why, commands}, index) => [
    `${String(index + 1).padStart(2)}. ${title}`,
    ...(why === null ? [] : [`    ${why}`]),
    ...commands.map(({text, needsRoot}) => `    $ ${needsRoot ? sudo : ''}${text}`),
  ]),
];

const prepare = async (context: Context<Options>, host: Host): Promise<boolean> => {
  const {resume, 'keep-edits': keepEdits} = context.options;
  const isPlayable = await startWriting(context, host, {resume, keepEdits});
  await refuseDuringTrial(host);
  return isPlayable;
};

type Prepared = Proposal & {
  readonly permanent: Preview;
  readonly token: string | null;
  readonly isPlayable: boolean;
};

const write = async (
  context: Context<Options>,
  host: Host,
  {facts, preview, permanent, token, isPlayable}: Prepared,
): Promise<Pick<Ending, 'outcome' | 'id'>> => {
  if (isBlocked(preview.findings)) return {outcome: 'blocked', id: null};
  if (permanent.changes.length === 0) return {outcome: 'nothing-to-do', id: null};
  if (token !== null && !host.isLive)
    throw new UsageError(
      `${host.name} is not the running system, so nothing can be tried there.`,
      'Apply without --trial, or on the machine itself.',
    );
  return askAndApply(context, host, {preview, facts, trial: token}, isPlayable);
};

const describePermanent = ({changes}: Preview): string =>
  `\nWritten only once you have confirmed the trial:\n${changes.map(({kind, path}) => `  ${kind.padEnd(8)}${path}\n`).join('')}`;

const describeEnding = (ending: Ending, style: Style): string => {
  const {outcome, id, isTrial, isSavedPlan} = ending;
  if (outcome === 'blocked') return 'Blocked by the findings above; nothing was written.';
  if (outcome === 'dry-run') return 'Dry run: nothing was written.';
  if (outcome === 'left') return 'Nothing was written.';
  if (outcome === 'nothing-to-do')
    return isSavedPlan
      ? 'Already applied: this host is as the saved plan says.'
      : 'Nothing to do: this host is already as the profile says.';
  return (isTrial ? describeTrial(id, style) : describeApplied(ending, style)).join('\n');
};

const describeApplied = ({id, flags, tasks, reboot}: Ending, {typed}: Style): readonly string[] => {
  const isHere = flags === '';
  const sudo = isHere ? 'sudo ' : '';
  const {rebootRequired} = reboot;
  return [
    `Applied as ${id}.`,
    ...(isHere ? [] : ['Commands were listed and not run, because this is another root.']),
    ...(isHere && rebootRequired ? ['Reboot now: the next boot makes everything ready for the guest.'] : []),
    ...(rebootRequired ? [] : ['No reboot is needed.']),
    `${rebootRequired ? 'After the reboot: ' : 'To check it:      '} ${sudo}${typed(`verify${flags}`)}`,
    `To take it back:   ${sudo}${typed(`rollback${flags}`)}`,
    ...describeTasks(tasks, sudo).map(printable),
  ];
};

const describeTrial = (id: string | null, {typed}: Style): readonly string[] => [
  `The trial is set up as ${id}; nothing else was changed.`,
  'Reboot now:        the next boot, and only that one, is the trial.',
  `When it is good:   sudo ${typed('confirm')}`,
  `Otherwise:         nothing to do. A panic, or ${trialMinutes} minutes without a confirmation, bring the present system back.`,
  `To drop it:        sudo ${typed('rollback')}`,
];
