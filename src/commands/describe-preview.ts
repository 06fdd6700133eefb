import type {Change} from '../changes/change.ts';
import type {Preview} from '../changes/preview.ts';
import {printable} from '../words/printable.ts';
import type {Style} from './command.ts';
import {describeFindings, paint} from './describe-finding.ts';
import {count} from '../words/count.ts';

/** Findings, then every change with its reasons under it, then the decisions. */
export const describePreview = (preview: Preview, style: Pick<Style, 'hasColor' | 'hint'>): string => {
  const {plan} = preview;
  const decisions = plan.decisions
    .map((decision) => `  ${decision.subject}: ${decision.choice}\n      because ${decision.because}\n`)
    .map(printableLines)
    .join('');
  return [
    describeChanges(preview, style),
    `\n${heading(`Decisions for profile ${printable(plan.profile)}`, style.hasColor)}`,
    decisions,
  ].join('');
};

/** The same without the decisions. */
export const describeChanges = (
  {findings, changes}: Pick<Preview, 'findings' | 'changes'>,
  style: Pick<Style, 'hasColor' | 'hint'>,
): string => {
  const {hasColor} = style;
  return [
    findings.length === 0 ? '' : `${heading('Findings', hasColor)}${describeFindings(findings, style)}\n`,
    heading(changes.length === 0 ? 'Nothing to change' : count(changes.length, 'change'), hasColor),
    ...changes.map((change) => describeChange(change, hasColor)),
  ].join('');
};

const heading = (text: string, hasColor: boolean): string => `${paint(text, '1', hasColor)}\n`;

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

const describeChange = (change: Change, hasColor: boolean): string => {
  const why = change.why.map((reason) => `    because ${printable(reason)}\n`).join('');
  if (change.kind === 'run') return `\n  run ${printable(change.path)}\n${why}`;
  return `\n  ${change.kind} ${printable(change.path)}\n${describeDiff(change.diff, hasColor)}${why}`;
};

const lineColors: readonly (readonly [RegExp, string])[] = [
  [/^(---|\+\+\+)/, '1'],
  [/^@@/, '36'],
  [/^\+/, '32'],
  [/^-/, '31'],
];

/** Not indented, so that it can be cut out and given to patch(1). */
export const describeDiff = (diff: string, hasColor: boolean): string =>
  diff
    .split('\n')
    .map((line) => {
      const sgr = lineColors.find(([pattern]) => pattern.test(line))?.[1];
      return sgr === undefined ? printable(line) : paint(printable(line), sgr, hasColor);
    })
    .join('\n');
