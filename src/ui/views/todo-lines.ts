import type {Task} from '../../plan/task.ts';
import {type Line, line, segment, wrapText} from '../../words/lines.ts';
import type {CommandStyle} from '../command-style.ts';
import {typedCommand} from '../what-next.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';
import {appliedTasks, openTasks} from '../wizard/todo-step.ts';
import {commandLines} from './parts.ts';
import {type Say, sayIn} from './say.ts';

type Manner = {readonly style: CommandStyle; readonly say: Say};

const detailLines = ({why, commands}: Task, {style, say}: Manner, columns: number): readonly Line[] => [
  ...(why === null ? [] : wrapText(say(why), columns - 4).map((row): Line => [segment('    '), ...row])),
  ...commands.flatMap((command) => commandLines(typedCommand(command, style), columns, '    $ ')),
];

/** Each task with its commands, numbered. */
export const taskLines = (tasks: readonly Task[], manner: Manner, columns: number): readonly Line[] =>
  tasks.flatMap((task, index) => [
    ...wrapText(`${String(index + 1).padStart(2)}. ${task.title}`, columns, 'strong', 4),
    ...detailLines(task, manner, columns),
  ]);

export const openTaskLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {commandStyle: style} = context.services;
  return taskLines(openTasks(context, state), {style, say: sayIn(context, state)}, columns);
};

/** About the task with the focus. */
export const todoLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const task = appliedTasks(context)[state.focus.todo ?? 0];
  return task === undefined
    ? [line('Nothing is left to do by hand.', 'good')]
    : [
        ...wrapText(task.title, columns, 'strong'),
        ...detailLines(task, {style: context.services.commandStyle, say: sayIn(context, state)}, columns),
      ];
};
