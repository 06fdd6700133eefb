import {previewPhase} from '../../changes/preview-phase.ts';
import type {Change} from '../../changes/change.ts';
import {listOf, literal, nullable, shape, text, wordOf} from '../../decode/decode.ts';
import {UsageError} from '../../errors.ts';
import {type Finding, isBlocked} from '../../findings/finding.ts';
import type {Host} from '../../hosts/host.ts';
import type {GuestPhase} from '../../profile/profile.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {type Command, type Context, exitCodes} from '../command.ts';
import {describeChanges} from '../describe-preview.ts';
import {type ChangeDocument, changeDocument, changeShape, findingsShape} from '../documents.ts';
import {askAndApply, refuseDuringTrial, rootFlags, startWriting} from '../writing.ts';

type Options = {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly resume: boolean;
  readonly 'keep-edits': boolean;
};

type Outcome = 'blocked' | 'nothing-to-do' | 'dry-run' | 'left' | 'applied';

type Moved = {
  readonly guest: string;
  readonly phase: GuestPhase;
  readonly profile: string;
  readonly findings: readonly Finding[];
  readonly changes: readonly Change[];
  readonly outcome: Outcome;
  readonly id: string | null;
  readonly flags: string;
};

type Document = Pick<Moved, 'guest' | 'phase' | 'findings' | 'outcome'> & {
  readonly version: 1;
  readonly changes: readonly ChangeDocument[];
  readonly applied: string | null;
};

/** The values that the declaration of the verb lets through. */
const guestPhases = ['install', 'prepare', 'run'] as const satisfies readonly GuestPhase[];

/** Screen, card and media of a guest that was set up here, as one more transaction on its definition. */
export const guestPhase: Command<Options, Moved, Document> = {
  run: async (context) => {
    const {positionals, options, show, style} = context;
    const [guest = ''] = positionals;
    const phase = guestPhases.find((one) => one === positionals[1]);
    if (phase === undefined) throw new UsageError('The phase is missing.', `One of ${guestPhases.join(', ')}.`);
    const host = await context.host();
    const isPlayable =
      (!host.isDry || host.mayWrite) &&
      (await startWriting(context, host, {resume: options.resume, keepEdits: options['keep-edits']}));
    await refuseDuringTrial(host);
    const run = await host.appliedTo(guest);
    if (run === null || !run.applied.isValid)
      throw new UsageError(
        `vfio-pilot has not set up a guest called ${guest} on this host.`,
        'Apply its profile first. `vfio-pilot history` lists what was applied.',
      );
    const facts = await host.facts();
    const preview = previewPhase(facts, run.applied.value.plan, phase);
    if (preview === null)
      throw new UsageError(
        `The guest ${guest} has no phases: they are edits of a libvirt domain.`,
        'Change its screen and media with the program that keeps it.',
      );
    const {findings, changes, plan} = preview;
    const moved = {guest, phase, profile: plan.profile, findings, changes, flags: rootFlags(host)};
    show(describeChanges(preview, style));
    return {...moved, ...(await write(context, host, {preview, facts, isPlayable}))};
  },
  exitCode: ({outcome}) => (outcome === 'blocked' ? exitCodes.blocked : exitCodes.done),
  document: ({guest, phase, findings, changes, outcome, id}) => ({
    version: 1,
    guest,
    phase,
    findings,
    changes: changes.map(changeDocument),
    outcome,
    applied: id,
  }),
  shape: shape<Document>({
    version: literal(1),
    guest: text,
    phase: wordOf<GuestPhase>({install: true, prepare: true, run: true}),
    findings: findingsShape,
    changes: listOf(changeShape),
    outcome: wordOf<Outcome>({blocked: true, 'nothing-to-do': true, 'dry-run': true, left: true, applied: true}),
    applied: nullable(text),
  }),
  describe: (moved, {typed}) => `\n${endingOf(moved, typed)}\n`,
};

type Wanted = {
  readonly preview: NonNullable<ReturnType<typeof previewPhase>>;
  readonly facts: Awaited<ReturnType<Host['facts']>>;
  readonly isPlayable: boolean;
};

const write = async (
  context: Context<Options>,
  host: Host,
  {preview, facts, isPlayable}: Wanted,
): Promise<Pick<Moved, 'outcome' | 'id'>> => {
  if (isBlocked(preview.findings)) return {outcome: 'blocked', id: null};
  if (preview.changes.length === 0) return {outcome: 'nothing-to-do', id: null};
  return askAndApply(context, host, {preview, facts, trial: null}, isPlayable);
};

const endingOf = ({guest, phase, profile, outcome, id, flags}: Moved, typed: (command: string) => string): string => {
  if (outcome === 'blocked') return 'Blocked by the findings above; nothing was written.';
  if (outcome === 'dry-run') return 'Dry run: nothing was written.';
  if (outcome === 'left') return 'Nothing was written.';
  if (outcome === 'nothing-to-do') return `Nothing to do: ${guest} is in the phase ${phase} already.`;
  const sudo = flags === '' ? 'sudo ' : '';
  return [
    `Applied as ${id}: ${guest} is in the phase ${phase} from its next start on.`,
    `Start it:          ${sudo}virsh start ${quoteForShell(guest)}`,
    `To take it back:   ${sudo}${typed(`rollback${flags}`)}`,
    `If the profile ${profile} names a phase, write \`phase: ${phase}\` there too: apply goes by the profile.`,
  ].join('\n');
};
