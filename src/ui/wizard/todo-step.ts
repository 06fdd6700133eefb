import type {PromiseResult} from '../../findings/promise-result.ts';
import type {Task} from '../../plan/task.ts';
import type {WizardContext} from './context.ts';
import {appliedTo} from './home-rows.ts';
import type {Action, WizardState} from './state.ts';

/** What a verification shows to be done: no person has to tick that. */
const isShown = ({id}: Task, results: readonly PromiseResult[] | null): boolean => {
  if (results === null || results.some(({status}) => status === 'pending')) return false;
  return id === 'reboot' || (id === 'verify' && results.every(({status}) => status !== 'broken'));
};

const resultsOf = ({verify}: WizardState): readonly PromiseResult[] | null =>
  verify.phase === 'done' ? verify.results : null;

export const isTaskDone = (state: WizardState, task: Task): boolean =>
  state.todo.done.includes(task.id) || isShown(task, resultsOf(state));

export const appliedTasks = (context: WizardContext): readonly Task[] => appliedTo(context)?.tasks ?? [];

export const openTasks = (context: WizardContext, state: WizardState): readonly Task[] =>
  appliedTasks(context).filter((task) => !isTaskDone(state, task));

/** Done, or not done after all; the file next to the profile is written by the task that watches for `saving`. */
export const toggleTask = (context: WizardContext, state: WizardState): WizardState => {
  const task = appliedTasks(context)[state.focus.todo ?? 0];
  if (task === undefined) return state;
  if (isShown(task, resultsOf(state))) return {...state, notice: 'The verification shows that this is done.'};
  const {done} = state.todo;
  const next = done.includes(task.id) ? done.filter((id) => id !== task.id) : [...done, task.id];
  return {...state, notice: null, todo: {...state.todo, phase: 'saving', done: next}};
};

export const reduceTodo = (
  state: WizardState,
  action: Extract<Action, {type: 'todo-saved' | 'todo-failed'}>,
): WizardState =>
  action.type === 'todo-saved'
    ? {...state, todo: {...state.todo, phase: 'idle', path: action.path}}
    : {...state, notice: `The list was not saved: ${action.problem}`, todo: {...state.todo, phase: 'idle'}};
