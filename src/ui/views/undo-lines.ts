import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import {type CommandStyle, isThisMachine} from '../command-style.ts';
import type {RollbackView, RolledBackView} from '../services.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';
import {undoWord} from '../wizard/undo-step.ts';
import {describeTime} from './describe-time.ts';
import {textDiffLines} from './diff-lines.ts';
import {commandLines} from './parts.ts';
import {describeElapsed, failureLines, progressLines} from './progress-lines.ts';
import {count} from '../../words/count.ts';
import {sayIn} from './say.ts';

const planned = (
  {id, profile, startedAt, undone, notes}: RollbackView,
  {word, style}: {readonly word: string; readonly style: CommandStyle},
  columns: number,
): readonly Line[] => [
  ...wrapText(
    `Run ${id} of profile ${profile}, ${describeTime(startedAt)}: restores ${count(undone.filter(({fate}) => fate !== 'keep').length, 'path')} to the byte.`,
    columns,
  ),
  ...(isThisMachine(style) ? [] : wrapText('This is another root, so no command is run.', columns, 'warning')),
  ...notes.flatMap((note) => wrapText(note, columns, 'warning')),
  blank,
  [segment('Type '), segment(undoWord, 'strong'), segment(' and press Enter to undo this run.')],
  [segment('❯ ', 'focus'), segment(`${word}▏`, 'focus')],
  blank,
  ...undone.map(({path, fate}): Line => [segment(`${fate.padEnd(7)} `, 'muted'), segment(path)]),
  ...undone.filter(({diff}) => diff !== '').flatMap(({diff}) => [blank, ...textDiffLines(diff, columns)]),
];

const done = (
  {id, pathCount, needsReboot, notes}: RolledBackView,
  style: CommandStyle,
  columns: number,
): readonly Line[] => [
  ...wrapText(
    id === null
      ? '✓ Nothing to do: nothing is applied.'
      : `✓ Restored to the byte: ${count(pathCount, 'path')} of run ${id}.`,
    columns,
    'good',
  ),
  ...notes.flatMap((note) => wrapText(note, columns, 'warning')),
  ...(isThisMachine(style) && id !== null
    ? [
        blank,
        ...(needsReboot
          ? [
              ...commandLines(`${style.sudo}systemctl reboot`, columns, '  $ '),
              line('    The card is with its own driver again after the reboot.'),
            ]
          : [line('No reboot is needed.')]),
      ]
    : []),
];

export const undoStepLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {undo, elapsedSeconds} = state;
  const {commandStyle} = context.services;
  const say = sayIn(context, state);
  switch (undo.phase) {
    case 'idle':
    case 'planning':
      return [line('Reading what the run changed …', 'muted')];
    case 'refused':
      return [...failureLines(undo.error, say, columns), blank, line('Nothing was written. Esc goes back.')];
    case 'typing':
      return planned(undo.view, {word: undo.word, style: commandStyle}, columns);
    case 'running':
    case 'stopping':
      return progressLines(
        undo,
        undo.phase === 'stopping'
          ? line(`Stopping … ${describeElapsed(elapsedSeconds)}`, 'warning')
          : line(
              `Restoring … step ${undo.finished.length + 1}, ${describeElapsed(elapsedSeconds)}. Ctrl-C stops; the next rollback finishes it.`,
              'strong',
            ),
        columns,
      );
    case 'failed':
      return failureLines(undo.error, say, columns);
    case 'done':
      return done(undo.result, commandStyle, columns);
  }
};
