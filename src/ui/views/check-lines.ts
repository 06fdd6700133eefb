import {type Check, describeCount} from '../../findings/check.ts';
import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import type {Tone} from '../../words/palette.ts';
import {type Saying, targetLines} from './say.ts';

const looks: Readonly<Record<Check['status'], {readonly glyph: string; readonly tone: Tone}>> = {
  error: {glyph: '✗', tone: 'error'},
  warning: {glyph: '!', tone: 'warning'},
  info: {glyph: '·', tone: 'info'},
  ok: {glyph: '✓', tone: 'good'},
};
const order: readonly Check['status'][] = ['error', 'warning', 'info', 'ok'];

const oneCheck = (check: Check, {say, targets}: Saying, columns: number): readonly Line[] => {
  const {glyph, tone} = looks[check.status];
  const word = check.status === 'error' ? 'ERROR ' : check.status === 'warning' ? 'WARNING ' : '';
  const rest = (text: string, restTone: Tone): readonly Line[] =>
    wrapText(text, columns - 2, restTone).map((one) => [segment('  '), ...one]);
  return [
    [segment(`${glyph} ${word}`, tone), segment(check.title, 'strong')],
    ...rest(check.fact, 'plain'),
    ...(check.remedy === null ? [] : rest(`→ ${say(check.remedy)}`, 'key')),
    ...targetLines(check, targets),
  ];
};

/** What is wrong comes first. */
export const checkLines = (checks: readonly Check[], saying: Saying, columns: number): readonly Line[] => {
  const counts = order.map((status) => ({status, count: checks.filter((check) => check.status === status).length}));
  const summary: Line = counts.flatMap(({status, count}) =>
    count === 0 ? [] : [segment(`${looks[status].glyph} ${describeCount(status, count)}   `, looks[status].tone)],
  );
  const sorted = order.flatMap((status) => checks.filter((check) => check.status === status));
  return checks.length === 0
    ? [line('Nothing was checked.')]
    : [summary, blank, ...sorted.flatMap((check) => oneCheck(check, saying, columns))];
};
