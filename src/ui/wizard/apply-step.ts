import {asksForReboot} from '../asks-for-reboot.ts';
import {CommandError, LockedError, TransactionError, UsageError} from '../../errors.ts';
import {isBlocked} from '../../findings/finding.ts';
import {isScripted} from '../../hypervisor/hypervisors.ts';
import {type CommandStyle, isThisMachine, writingCommand} from '../command-style.ts';
import type {ApplyProgress, WizardServices} from '../services.ts';
import type {WizardContext} from './context.ts';
import {goOn} from './move.ts';
import type {Action, ApplyProblem, Progress, WizardState} from './state.ts';

/** Typed by hand, so that no key pressed once too often writes to the machine. */
export const applyWord = 'apply';
export const trialWord = 'try';

/** Why there is nothing to apply. `done`: the host is set up already. */
export const whyNotApply = (
  {canApply}: WizardServices,
  {preview}: WizardState,
): {readonly kind: 'blocked' | 'forbidden' | 'done' | 'scripted'; readonly reason: string} | null => {
  if (preview.plan === null || isBlocked(preview.findings))
    return {
      kind: 'blocked',
      reason: 'Blocked: solve what is listed below, then apply.',
    };
  if (preview.changes.length === 0)
    return {kind: 'done', reason: 'Nothing to do: this host is set up like this already.'};
  if (isScripted(preview.plan))
    return {
      kind: 'scripted',
      reason:
        'This program does not run on this host. A script makes the changes there: it checks each step, and can undo all of them.',
    };
  return canApply.ok ? null : {kind: 'forbidden', reason: canApply.reason};
};

export const canType = (context: WizardContext, state: WizardState): boolean =>
  state.step === 'apply' && state.apply.phase === 'typing' && whyNotApply(context.services, state) === null;

export const typeWord = (state: WizardState, text: string): WizardState =>
  state.apply.phase === 'typing'
    ? {...state, notice: null, apply: {phase: 'typing', word: (state.apply.word + text).slice(0, 20)}}
    : state;

export const eraseWord = (state: WizardState, shorten: (text: string) => string): WizardState =>
  state.apply.phase === 'typing'
    ? {...state, notice: null, apply: {phase: 'typing', word: shorten(state.apply.word)}}
    : state;

export const submitWord = ({services}: WizardContext, state: WizardState): WizardState => {
  if (state.apply.phase !== 'typing') return state;
  const word = state.apply.word.trim().toLowerCase();
  const words = canTry(services, state) ? [trialWord, applyWord] : [applyWord];
  if (!words.includes(word))
    return {
      ...state,
      notice: `Type ${words.join(' or ')}, then press Enter. Nothing was written.`,
      apply: {phase: 'typing', word: ''},
    };
  return {
    ...state,
    notice: null,
    apply: {phase: 'running', isTrial: word === trialWord, finished: [], title: null, lastLines: []},
  };
};

const canTry = ({trial}: WizardServices, {preview}: WizardState): boolean =>
  trial !== null && 'changes' in trial.preview(preview);

export const stopAndRestore = (state: WizardState): WizardState =>
  state.apply.phase === 'running' ? {...state, apply: {...state.apply, phase: 'restoring'}} : state;

export const withProgress = (before: Progress, progress: ApplyProgress): Progress => {
  if (progress.kind === 'output') return {...before, lastLines: progress.lastLines.slice(-20)};
  return {
    finished: before.title === null ? before.finished : [...before.finished, before.title],
    title: progress.title,
    lastLines: [],
  };
};

type TaskAction = Extract<Action, {type: 'apply-progressed' | 'apply-succeeded' | 'apply-failed'}>;

/** What the running task reports; anything after its end is ignored. */
export const reduceTask = (context: WizardContext, state: WizardState, action: TaskAction): WizardState => {
  if (state.apply.phase !== 'running' && state.apply.phase !== 'restoring') return state;
  if (action.type === 'apply-progressed')
    return {...state, apply: {...state.apply, ...withProgress(state.apply, action.progress)}};
  if (action.type === 'apply-failed')
    return {...state, apply: {phase: 'failed', error: action.error, cause: action.cause}};
  const {isTrial} = state.apply;
  const {plan} = state.preview;
  // The list goes next to the profile; a trial is not kept yet, and a dry run writes nothing.
  const hasTodo = !isTrial && !context.services.isDryRun && state.save.phase === 'saved';
  const todo = {...state.todo, done: keptTicks(state), phase: hasTodo ? ('saving' as const) : ('idle' as const)};
  return goOn(context, {
    ...state,
    todo,
    apply: {
      phase: 'done',
      id: action.id,
      isTrial,
      needsReboot: plan === null || asksForReboot(context.services.facts, plan),
    },
  });
};

/** What was done for the same guest stays done; a new run is a new boot. */
const keptTicks = ({todo, preview}: WizardState): readonly string[] =>
  preview.plan?.guest.isNew === false ? todo.done.filter((id) => id !== 'reboot' && id !== 'verify') : [];

/** One sentence about the machine for a person who is about to leave; never better news than is known. */
export const describeMachine = ({apply, undo, earlier}: WizardState, style: CommandStyle): string => {
  if (apply.phase === 'done')
    return apply.isTrial ? 'A trial boot is set up. Nothing else was changed.' : 'The changes are applied.';
  if (apply.phase === 'failed' && apply.error.isRestored !== true)
    return `Apply failed, and it is not certain that everything was restored. See ${writingCommand(style, 'history')}`;
  if (undo.phase === 'failed' && undo.error.isRestored !== true)
    return `The rollback failed, and some of it is not restored. See ${writingCommand(style, 'history')}`;
  const rolledBackId = undo.phase === 'done' ? undo.result.id : (earlier?.rolledBackId ?? null);
  if (rolledBackId !== null) return `Run ${rolledBackId} is rolled back.`;
  if (earlier !== null && earlier.appliedId !== null)
    return earlier.isTrial ? 'A trial boot is set up.' : 'The changes from before are applied.';
  return isThisMachine(style) ? 'Nothing was changed on this machine.' : 'Nothing was applied.';
};

/** A machine of unknown state is never called restored. */
export const describeProblem = (error: unknown): ApplyProblem => {
  if (error instanceof TransactionError)
    return {message: error.message, step: error.step, isRestored: error.isRestored, nextStep: error.nextStep};
  // These two are thrown before the first write.
  const isBefore = error instanceof LockedError || error instanceof UsageError;
  if (isBefore || error instanceof CommandError)
    return {message: error.message, step: null, isRestored: isBefore ? true : null, nextStep: error.nextStep};
  const message = error instanceof Error ? error.message : String(error);
  return {
    message,
    step: null,
    isRestored: null,
    nextStep: 'This is a fault in vfio-pilot. `vfio-pilot history` shows what was done.',
  };
};
