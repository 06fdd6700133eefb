import type {Decision} from '../../plan/plan.ts';
import {line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';

/** `cpu.pins: 0,12 … because …`, wrapped. */
export const decisionLines = (decisions: readonly Decision[], columns: number): readonly Line[] =>
  decisions.flatMap((one) => {
    const head = wrapText(`${one.subject}: ${one.choice}`, columns, 'strong', 2);
    return [...head, ...wrapText(`because ${one.because}`, columns - 2, 'plain').map((row): Line => [segment('  '), ...row])];
  });

export const decisionsAbout = (decisions: readonly Decision[], subjects: readonly string[]): readonly Decision[] =>
  decisions.filter((one) => subjects.some((subject) => one.subject === subject || one.subject.startsWith(`${subject}.`)));

export const heading = (text: string): Line => line(text, 'title');
