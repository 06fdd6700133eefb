import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import type {ApplyProblem, Progress} from '../wizard/state.ts';
import type {Say} from './say.ts';

/** `1:05`, as a clock counts. */
export const describeElapsed = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** What is done, what is being done, and the last lines of the program that does it. */
export const progressLines = ({finished, title, lastLines}: Progress, head: Line, columns: number): readonly Line[] => [
  head,
  blank,
  ...finished.slice(-8).map((done): Line => [segment('✓ ', 'good'), segment(done)]),
  ...(title === null ? [] : [[segment('❯ ', 'focus'), segment(title, 'strong')]]),
  ...lastLines.slice(-6).flatMap((row) => wrapText(`  │ ${row}`, columns, 'muted').slice(0, 1)),
];

export const failureLines = (
  {message, step, isRestored, nextStep}: ApplyProblem,
  say: Say,
  columns: number,
): readonly Line[] => [
  ...wrapText(`✗ ${message}`, columns, 'error'),
  ...(step === null ? [] : [line(`Step: ${step}`, 'muted')]),
  ...(isRestored === null
    ? []
    : wrapText(
        isRestored ? '✓ Everything was restored.' : '✗ Not everything could be restored.',
        columns,
        isRestored ? 'good' : 'error',
      )),
  ...(nextStep === null ? [] : wrapText(`→ ${say(nextStep)}`, columns, 'key')),
];
