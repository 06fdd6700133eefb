import type {Finding, Severity} from '../../findings.ts';
import {line, segment, wrapText} from '../lines.ts';
import type {Line, Tone} from '../lines.ts';

const looks: Readonly<Record<Severity, {readonly glyph: string; readonly tone: Tone; readonly word: string}>> = {
  blocker: {glyph: '✗', tone: 'error', word: 'BLOCKED'},
  warning: {glyph: '!', tone: 'warning', word: 'WARNING'},
  note: {glyph: '·', tone: 'info', word: 'NOTE'},
};

const indented = (text: string, columns: number, tone: Tone): readonly Line[] =>
  wrapText(text, columns - 2, tone).map((one) => [segment('  '), ...one]);

const hasSame = (one: Finding, other: Finding | undefined, keys: readonly (keyof Finding)[]): boolean => other !== undefined && keys.every((key) => one[key] === other[key]);

/** A device that is needed for several reasons is named once, and so is what to do. */
export const findingLines = (findings: readonly Finding[], columns: number): readonly Line[] =>
  findings.flatMap((finding, index) => {
    const {glyph, tone, word} = looks[finding.severity];
    const isFirst = !hasSame(finding, findings[index - 1], ['severity', 'subject', 'code']);
    const isLast = !hasSame(finding, findings[index + 1], ['severity', 'subject', 'code', 'remedy']);
    const head: Line = [segment(`${glyph} ${word} `, tone), segment(finding.subject, 'strong'), segment(`  ${finding.code}`, 'muted')];
    return [...(isFirst ? [head] : []), ...indented(finding.message, columns, 'plain'), ...(isLast ? indented(`→ ${finding.remedy}`, columns, 'key') : [])];
  });

export const nothingFound: Line = line('✓ Nothing to warn about.', 'good');
