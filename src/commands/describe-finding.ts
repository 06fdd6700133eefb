import type {Finding} from '../findings.ts';
import {printable} from '../ui/printable.ts';

const marks = {blocker: 'BLOCKER', warning: 'WARNING', note: 'note'} as const;
const colors = {blocker: '31;1', warning: '33;1', note: '36'} as const;

export const paint = (text: string, sgr: string, hasColor: boolean): string => (hasColor ? `\u001B[${sgr}m${text}\u001B[0m` : text);

/** `file:line:column` first, as compilers say it, then what is wrong and what to do. */
const describeFinding = (finding: Finding, hasColor: boolean): string => {
  const where = finding.at === undefined ? '' : `${finding.at.file}:${finding.at.line}:${finding.at.column}: `;
  const mark = paint(marks[finding.severity], colors[finding.severity], hasColor);
  return `${mark} ${printable(where + finding.message)} [${finding.code}]\n    → ${printable(finding.remedy)}\n`;
};

export const describeFindings = (findings: readonly Finding[], hasColor: boolean): string =>
  findings.map((finding) => describeFinding(finding, hasColor)).join('');
