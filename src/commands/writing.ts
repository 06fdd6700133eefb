import {randomBytes} from 'node:crypto';
import {UsageError} from '../errors.ts';
import {trialOf} from '../hosts/applied-run.ts';
import type {Host, HostRequest} from '../hosts/host.ts';
import type {ApplyResult} from '../transaction/apply.ts';
import type {UnreadableRun} from '../transaction/runs.ts';
import {defaultDemo} from '../system/demo-names.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import type {CommandStyle} from '../ui/command-style.ts';
import type {BaseContext, Style} from './command.ts';

type Recovering = {readonly resume: boolean; readonly keepEdits: boolean};

/**
 * First of all what an interrupted run left is finished. A dry run leaves it, so that it cannot play the next run
 * through on top of it: then the answer is `false`.
 */
export const startWriting = async (
  {note, onProgress}: Pick<BaseContext, 'note' | 'onProgress'>,
  host: Host,
  {resume, keepEdits}: Recovering,
): Promise<boolean> => {
  if (host.mayWrite) noteUnreadable({note}, await host.unreadable());
  if (host.isDry) {
    const [id] = await host.interrupted();
    if (id !== undefined)
      note(`An earlier run (${id}) was interrupted; the next apply or rollback finishes that first.\n`);
    return id === undefined;
  }
  for (const {id, did, paths} of await host.recover(
    {direction: resume ? 'forward' : 'back', acceptPresent: keepEdits},
    onProgress,
  ))
    note(`An earlier run (${id}) was interrupted and ${outcomes[did]}${hasPaths(did) ? paths.join(', ') : ''}.\n`);
  return true;
};

export const noteUnreadable = ({note}: Pick<BaseContext, 'note'>, unreadable: readonly UnreadableRun[]): void => {
  for (const {problem, nextStep} of unreadable) note(`WARNING ${problem}\n  → ${nextStep}\n`);
};

const outcomes = {
  discarded: 'had not begun; its journal is removed',
  'removed-temps': 'had changed nothing yet; its temporary files are removed',
  'rolled-back': 'was undone: ',
  completed: 'was completed: ',
} as const;

const hasPaths = (did: keyof typeof outcomes): boolean => did === 'rolled-back' || did === 'completed';

/** A plan that is on trial is neither applied nor taken back yet, and a second one would hide it. */
export const refuseDuringTrial = async (host: Host): Promise<void> => {
  const applied = trialOf(await host.applied());
  if (applied === null) return;
  throw new UsageError(
    `A trial of profile ${applied.plan.profile} is set up and not confirmed yet.`,
    'In its boot run `vfio-pilot confirm`, or drop it with `vfio-pilot rollback`.',
  );
};

/**
 * The dry run of a transaction: all of it, in memory, so that it meets locks, full disks and immutable files as the
 * real one would. What cannot be played through is said.
 */
export const rehearse = async (
  {note}: Pick<BaseContext, 'note'>,
  {mayWrite}: Host,
  isPlayable: boolean,
  play: () => Promise<unknown>,
): Promise<void> => {
  if (isPlayable) await play();
  else if (!mayWrite)
    note('Without root a dry run shows the plan only: locks, free space and immutable files were not looked at.\n');
};

/** A preview as a run, once the person has agreed; in a dry run the rehearsal of it. */
export const askAndApply = async (
  context: Pick<BaseContext, 'note' | 'confirm' | 'onProgress' | 'signal'>,
  host: Host,
  request: HostRequest,
  isPlayable: boolean,
): Promise<{readonly outcome: 'dry-run' | 'left'; readonly id: null} | ApplyResult> => {
  const apply = () => host.apply(request, context.onProgress, context.signal);
  if (host.isDry) {
    await rehearse(context, host, isPlayable, apply);
    return {outcome: 'dry-run', id: null};
  }
  return (await context.confirm('apply')) ? apply() : {outcome: 'left', id: null};
};

/** What a command needs to work on the same host; nothing for this machine. */
export const rootFlags = ({name, isLive}: Pick<Host, 'name' | 'isLive'>): string =>
  isLive ? '' : ` --root ${quoteForShell(name)}`;

/** The same for a command that leaves nothing behind, so that the copy of a demo host, or of another one, is gone after it. */
export const hostFlags = (
  host: Pick<Host, 'name' | 'isLive'>,
  {demo, over}: Pick<BaseContext, 'demo' | 'over'>,
): string => {
  if (over !== null) return ` --host ${quoteForShell(over)}`;
  return demo === null ? rootFlags(host) : demo === defaultDemo ? ' --demo' : ` --demo ${demo}`;
};

/** On the kernel command line of the trial boot, by which it is known. */
export const newTrialToken = (): string => randomBytes(6).toString('hex');

/** A user who is root without sudo may not have it installed; another root is the user's own. */
export const commandStyleOf = (host: Host, {program}: Style): CommandStyle => {
  const isRootAlready = process.geteuid?.() === 0 && process.env['SUDO_UID'] === undefined;
  return {program, sudo: host.isLive && !isRootAlready ? 'sudo ' : '', flags: rootFlags(host)};
};
