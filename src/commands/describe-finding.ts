import {type Finding, withPlace} from '../findings/finding.ts';
import {printable} from '../words/printable.ts';
import type {Style} from './command.ts';

const marks = {blocker: 'BLOCKER', warning: 'WARNING', note: 'note'} as const;
const colors = {blocker: '31;1', warning: '33;1', note: '36'} as const;

export const paint = (text: string, sgr: string, hasColor: boolean): string =>
  hasColor ? `\u001B[${sgr}m${text}\u001B[0m` : text;

type FindingStyle = Pick<Style, 'hasColor' | 'hint'>;

/** `file:line:column` first, as compilers say it, then what is wrong and what to do. */
const describeFinding = (finding: Finding, {hasColor, hint}: FindingStyle): string => {
  const mark = paint(marks[finding.severity], colors[finding.severity], hasColor);
  return `${mark} ${printable(withPlace(finding))} [${finding.code}]\n    → ${printable(hint(finding.remedy))}\n`;
};

export const describeFindings = (findings: readonly Finding[], style: FindingStyle): string =>
  findings.map((finding) => describeFinding(finding, style)).join('');
