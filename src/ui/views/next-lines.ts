import {trialMinutes} from '../../artifacts/trial/trial-paths.ts';
import {blank, line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import {quoteForShell} from '../../quote-for-shell.ts';
import {isThisMachine, tellReading, tellWriting} from '../told-command.ts';
import type {CommandStyle} from '../told-command.ts';
import {describeMachine} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';
import {commandLines} from './command-lines.ts';

const command = (text: string, meaning: string, columns: number): readonly Line[] => [
  ...commandLines(text, columns, '  $ '),
  ...wrapText(meaning, columns - 4).map((row): Line => [segment('    '), ...row]),
];

const afterApply = (id: string, isDemo: boolean, style: CommandStyle, columns: number): readonly Line[] => [
  line(`✓ Applied as ${id}.`, 'good'),
  ...(isDemo ? [line('This was the demo: only a scratch copy was written.', 'warning')] : []),
  blank,
  ...(isThisMachine(style)
    ? [
        ...command(`${style.sudo}systemctl reboot`, 'The card, the pages and the kernel arguments take effect with the next boot.', columns),
        ...command(tellWriting(style, 'verify'), 'After the reboot: each promise, kept or not, and what to do.', columns),
      ]
    : command(tellWriting(style, 'verify'), 'Each promise, kept or not; what only a reboot can bring is open in a tree that does not boot.', columns)),
  ...command(tellWriting(style, `rollback ${id}`), 'Puts back every byte that was changed.', columns),
];

const afterTrial = (id: string, style: CommandStyle, columns: number): readonly Line[] => [
  line(`✓ The trial is set up as ${id}; nothing else was changed.`, 'good'),
  blank,
  ...command(`${style.sudo}systemctl reboot`, 'The next boot, and only that one, is the trial.', columns),
  ...command(tellWriting(style, 'verify'), 'In the trial: each promise, kept or not.', columns),
  ...command(tellWriting(style, 'confirm'), `In the trial, within ${trialMinutes} minutes: it is good, write it for good. Otherwise the present system comes back by itself.`, columns),
  ...command(tellWriting(style, `rollback ${id}`), 'Drops the trial.', columns),
];

const replay = (savedPath: string | null, style: CommandStyle, columns: number): readonly Line[] =>
  savedPath === null
    ? [line('Nothing was saved; Esc goes back.')]
    : [
        ...command(tellReading(style, `plan ${quoteForShell(savedPath)}`), 'Shows findings and diffs again, and writes nothing.', columns),
        ...command(tellWriting(style, `apply ${quoteForShell(savedPath)}`), 'Applies it, after one question.', columns),
      ];

const withoutApply = (state: WizardState, savedPath: string | null, style: CommandStyle, columns: number): readonly Line[] => {
  const isUncertain = state.apply.phase === 'failed' && state.apply.error.isRestored !== true;
  return [
    ...wrapText(describeMachine(state, style), columns, isUncertain ? 'error' : 'good'),
    blank,
    ...(isUncertain
      ? [
          ...command(tellWriting(style, 'history'), 'What was done, and what was put back.', columns),
          ...command(tellWriting(style, 'rollback'), 'Tries again to put everything back.', columns),
        ]
      : replay(savedPath, style, columns)),
  ];
};

export const nextLines = ({services}: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {commandStyle, isDemo} = services;
  const savedPath = state.save.phase === 'saved' ? state.save.path : null;
  const body = state.apply.phase === 'done' && state.apply.isTrial ? afterTrial(state.apply.id, commandStyle, columns) : state.apply.phase === 'done' ? afterApply(state.apply.id, isDemo, commandStyle, columns) : withoutApply(state, savedPath, commandStyle, columns);
  return [...body, ...(savedPath === null ? [] : [blank, ...wrapText(`Profile: ${savedPath}`, columns)])];
};
