import {isBlocked} from '../../findings.ts';
import type {ApplyProgress, WizardServices} from '../services.ts';
import {isThisMachine, tellWriting} from '../told-command.ts';
import type {CommandStyle} from '../told-command.ts';
import type {WizardContext} from './context.ts';
import {goOn} from './move.ts';
import type {Action, Progress, WizardState} from './state.ts';

/** Typed by hand: no key that was pressed once too often writes to the machine. */
export const applyWord = 'apply';
export const trialWord = 'try';

/** Why there is nothing to type for. `done` means that the host is as the plan wants it. */
export const whyNotApply = ({canApply}: WizardServices, {preview}: WizardState): {readonly kind: 'blocked' | 'forbidden' | 'done'; readonly reason: string} | null => {
  if (preview.plan === null || isBlocked(preview.findings)) return {kind: 'blocked', reason: 'Blocked by what the review lists first. Nothing can be applied until that is solved.'};
  if (preview.changes.length === 0) return {kind: 'done', reason: 'Nothing to do: this host is as the plan wants it.'};
  return canApply.ok ? null : {kind: 'forbidden', reason: canApply.reason};
};

export const canType = (context: WizardContext, state: WizardState): boolean =>
  state.step === 'apply' && state.apply.phase === 'typing' && whyNotApply(context.services, state) === null;

export const typeWord = (state: WizardState, text: string): WizardState =>
  state.apply.phase === 'typing' ? {...state, notice: null, apply: {phase: 'typing', word: (state.apply.word + text).slice(0, 20)}} : state;

export const eraseWord = (state: WizardState, shorten: (text: string) => string): WizardState =>
  state.apply.phase === 'typing' ? {...state, notice: null, apply: {phase: 'typing', word: shorten(state.apply.word)}} : state;

export const submitWord = ({services}: WizardContext, state: WizardState): WizardState => {
  if (state.apply.phase !== 'typing') return state;
  const {word} = state.apply;
  const words = canTry(services, state) ? [trialWord, applyWord] : [applyWord];
  if (!words.includes(word)) return {...state, notice: `Type the word ${words.join(' or the word ')}, then Enter. Nothing was written.`};
  return {...state, notice: null, apply: {phase: 'running', isTrial: word === trialWord, finished: [], title: null, lastLines: []}};
};

const canTry = ({trial}: WizardServices, {preview}: WizardState): boolean => trial !== null && 'changes' in trial.preview(preview);

export const stopAndRestore = (state: WizardState): WizardState =>
  state.apply.phase === 'running' ? {...state, apply: {...state.apply, phase: 'restoring'}} : state;

const withProgress = (before: Progress, progress: ApplyProgress): Progress => {
  if (progress.kind === 'output') return {...before, lastLines: progress.lastLines.slice(-20)};
  return {finished: before.title === null ? before.finished : [...before.finished, before.title], title: progress.title, lastLines: []};
};

type TaskAction = Extract<Action, {type: 'apply-progressed' | 'apply-succeeded' | 'apply-failed'}>;

/** What the running task says; anything that comes after its end is ignored. */
export const reduceTask = (context: WizardContext, state: WizardState, action: TaskAction): WizardState => {
  if (state.apply.phase !== 'running' && state.apply.phase !== 'restoring') return state;
  if (action.type === 'apply-progressed') return {...state, apply: {...state.apply, ...withProgress(state.apply, action.progress)}};
  if (action.type === 'apply-failed') return {...state, apply: {phase: 'failed', error: action.error, cause: action.cause}};
  return goOn(context, {...state, apply: {phase: 'done', id: action.id, isTrial: state.apply.isTrial}});
};

/** One sentence about the machine, for whoever is about to leave; never better news than is known. */
export const describeMachine = ({apply}: WizardState, style: CommandStyle): string => {
  if (apply.phase === 'done') return apply.isTrial ? 'A trial boot is set up; nothing else was changed.' : 'The changes are applied.';
  if (apply.phase === 'failed' && apply.error.isRestored !== true) return `Applying failed, and it is not certain that everything was put back: see ${tellWriting(style, 'history')}`;
  return isThisMachine(style) ? 'Nothing was changed on this machine.' : 'Nothing was applied.';
};
