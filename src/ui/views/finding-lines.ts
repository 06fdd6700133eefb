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

export const findingLines = (findings: readonly Finding[], columns: number): readonly Line[] =>
  findings.flatMap((finding) => {
    const {glyph, tone, word} = looks[finding.severity];
    const head: Line = [segment(`${glyph} ${word} `, tone), segment(finding.subject, 'strong'), segment(`  ${finding.code}`, 'muted')];
    return [head, ...indented(finding.message, columns, 'plain'), ...indented(`→ ${finding.remedy}`, columns, 'key')];
  });

export const nothingFound: Line = line('✓ Nothing to warn about.', 'good');
