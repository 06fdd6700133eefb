import {trialMinutes} from '../../boot/trial/trial-units.ts';
import {isScripted} from '../../hypervisor/hypervisors.ts';
import {blank, type Line, line, segment, wrapText} from '../../words/lines.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {type CommandStyle, readingCommand, writingCommand} from '../command-style.ts';
import {describeMachine, whyNotApply} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';
import {sumUp} from '../sum-up.ts';
import {whatNext} from '../what-next.ts';
import {commandLines, decisionLines, decisionsAbout, findingLines, heading, nothingFound} from './parts.ts';
import {diffLines} from './diff-lines.ts';
import {sayIn, sayingOf} from './say.ts';
import {taskLines} from './todo-lines.ts';

/** Decisions that no other step has shown. */
const unseen = ['binding', 'kernelArguments', 'hypervisorArguments', 'devices', 'host'];

const knowLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {preview} = state;
  const decisions = decisionsAbout(preview.plan?.decisions ?? [], unseen);
  const saying = sayingOf(context, state);
  return [
    ...(preview.plan === null
      ? []
      : wrapText(sumUp(context.services.facts, preview.plan, preview.changes), columns, 'strong')),
    blank,
    ...(preview.findings.length === 0 ? [nothingFound] : findingLines(preview.findings, columns, saying)),
    ...(decisions.length === 0
      ? []
      : [blank, heading('Decided automatically'), ...decisionLines(decisions, saying.say, columns)]),
  ];
};

export const reviewLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const change = state.preview.changes[(state.focus.review ?? 0) - 1];
  return change === undefined ? knowLines(context, state, columns) : diffLines(change, columns);
};

const command = (text: string, meaning: string, columns: number): readonly Line[] => [
  ...commandLines(text, columns, '  $ '),
  ...wrapText(meaning, columns - 4).map((row): Line => [segment('    '), ...row]),
];

const afterApply = (context: WizardContext, state: WizardState, id: string, columns: number): readonly Line[] => {
  const {facts, commandStyle: style, isDemo} = context.services;
  const {plan} = state.preview;
  return [
    line(`✓ Applied as ${id}.`, 'good'),
    ...(isDemo ? [line('This was the demo: only a scratch copy was changed.', 'warning')] : []),
    blank,
    line('Now, by hand and in this order:', 'title'),
    ...(plan === null ? [] : taskLines(whatNext(facts, plan, style), {style, say: sayIn(context, state)}, columns)),
    blank,
    ...command(writingCommand(style, `rollback ${id}`), 'Undoes everything, to the byte.', columns),
    ...(state.todo.path === null
      ? []
      : [blank, ...wrapText(`This list: ${state.todo.path} (the start screen shows it too)`, columns)]),
  ];
};

const afterDryRun = (savedPath: string | null, style: CommandStyle, columns: number): readonly Line[] => [
  line('✓ Dry run: the transaction went through in memory. Nothing was written.', 'good'),
  blank,
  ...replay(savedPath, style, columns),
];

const afterTrial = (id: string, style: CommandStyle, columns: number): readonly Line[] => [
  line(`✓ The trial is set up as ${id}. Nothing else was changed.`, 'good'),
  blank,
  ...command(`${style.sudo}systemctl reboot`, 'Only the next boot is the trial.', columns),
  ...command(writingCommand(style, 'verify'), 'Run this in the trial. It checks the result.', columns),
  ...command(
    writingCommand(style, 'confirm'),
    `Run this in the trial within ${trialMinutes} minutes to keep the changes permanently. Otherwise the present system comes back.`,
    columns,
  ),
  ...command(writingCommand(style, `rollback ${id}`), 'Cancels the trial.', columns),
];

const replay = (
  savedPath: string | null,
  style: CommandStyle,
  columns: number,
  {isForScript, isBlocked} = {isForScript: false, isBlocked: false},
): readonly Line[] =>
  savedPath === null
    ? [line('Nothing was saved; Esc goes back.')]
    : [
        ...command(
          readingCommand(style, `plan ${quoteForShell(savedPath)}`),
          'Shows the findings and changes again. Nothing is written.',
          columns,
        ),
        ...(isForScript
          ? command(
              readingCommand(style, `export script ${quoteForShell(savedPath)}`),
              'Prints the script that makes them on the host.',
              columns,
            )
          : command(
              writingCommand(style, `apply ${quoteForShell(savedPath)}`),
              isBlocked
                ? 'Applies them, after one question, once nothing blocks them.'
                : 'Applies them, after one question.',
              columns,
            )),
      ];

const withoutApply = (
  context: WizardContext,
  state: WizardState,
  savedPath: string | null,
  columns: number,
): readonly Line[] => {
  const {commandStyle: style, facts} = context.services;
  const {plan} = state.preview;
  const refused = whyNotApply(context.services, state)?.kind;
  const isReady = refused === 'scripted';
  const tasks = plan === null ? [] : whatNext(facts, plan, style);
  const isUncertain = state.apply.phase === 'failed' && state.apply.error.isRestored !== true;
  return [
    ...wrapText(describeMachine(state, style), columns, isUncertain ? 'error' : 'good'),
    blank,
    ...(isUncertain
      ? [
          ...command(writingCommand(style, 'history'), 'Shows what was done, and what was restored.', columns),
          ...command(writingCommand(style, 'rollback'), 'Tries again to restore everything.', columns),
        ]
      : isReady
        ? [
            ...wrapText('Now, by hand and in this order:', columns, 'title'),
            ...taskLines(tasks, {style, say: sayIn(context, state)}, columns),
          ]
        : replay(savedPath, style, columns, {
            isForScript: plan !== null && isScripted(plan),
            isBlocked: refused === 'blocked',
          })),
  ];
};

export const nextLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {commandStyle, isDryRun} = context.services;
  const savedPath = state.save.phase === 'saved' ? state.save.path : null;
  const body =
    state.apply.phase !== 'done'
      ? withoutApply(context, state, savedPath, columns)
      : isDryRun
        ? afterDryRun(savedPath, commandStyle, columns)
        : state.apply.isTrial
          ? afterTrial(state.apply.id, commandStyle, columns)
          : afterApply(context, state, state.apply.id, columns);
  return [...body, ...(savedPath === null ? [] : [blank, ...wrapText(`Profile: ${savedPath}`, columns)])];
};
