import type {ReactNode} from 'react';
import {hintsOf} from '../keys.ts';
import type {KeyHint, Mode} from '../keys.ts';
import {plainText, segment} from '../lines.ts';
import type {Line} from '../lines.ts';
import {displayWidth} from '../printable.ts';
import {LineText} from './line-text.tsx';

const hintLine = (hints: readonly KeyHint[]): Line =>
  hints.flatMap(({label, hint}, index) => [segment(index === 0 ? '' : '   '), segment(label, 'key'), segment(` ${hint}`)]);

/** As many as fit; help and leave always do. */
const fitHints = (mode: Mode, columns: number): Line => {
  const all = hintsOf(mode).filter((hint) => !hint.isRare);
  const last = all.filter(({label}) => label === '?' || label === 'q');
  const rest = all.filter((hint) => !last.includes(hint));
  for (let count = rest.length; count > 0; count -= 1) {
    const line = hintLine([...rest.slice(0, count), ...last]);
    if (displayWidth(plainText(line)) <= columns) return line;
  }
  return last.length === 0 ? [segment('Please wait; this can’t be stopped.', 'muted')] : hintLine(last);
};

export const KeyHints = ({mode, columns}: {readonly mode: Mode; readonly columns: number}): ReactNode => (
  <LineText line={fitHints(mode, columns)} columns={columns} />
);
