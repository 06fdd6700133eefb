import {Box, Text} from 'ink';
import {type ReactNode, useContext} from 'react';
import {fitLine, type Line, markMatches, plainText, segment, widthOf} from '../../words/lines.ts';
import {hintsOf, type KeyHint, type Mode} from '../keys.ts';
import {ThemeContext} from '../theme.ts';
import type {Pane} from '../views/frame.ts';
import {describeCounts} from '../views/row-labels.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';
import {positionOfStep, stepOf} from '../wizard/steps.ts';

type LineTextProps = {readonly line: Line; readonly columns: number};

/** One row, never more: a row that wraps would push the frame out of the terminal. */
export const LineText = ({line, columns}: LineTextProps): ReactNode => {
  const theme = useContext(ThemeContext);
  const whole = line.map(({text, tone}) => segment(text, tone));
  const fitted = theme.isSpoken ? whole : fitLine(whole, columns);
  // Without a character a row would have no height, and everything below it would move up.
  if (plainText(fitted) === '') return theme.isSpoken ? null : <Text> </Text>;
  return (
    <Text wrap="truncate">
      {fitted.map(({text, tone}, index) => (
        <Text key={index} {...theme.styleOf(tone)}>
          {theme.spell(text)}
        </Text>
      ))}
    </Text>
  );
};

type LinesBoxProps = {readonly lines: readonly Line[]; readonly columns: number; readonly height: number};

/** Exactly `height` rows. */
export const LinesBox = ({lines, columns, height}: LinesBoxProps): ReactNode => (
  <Box flexDirection="column" height={height} width={columns} flexShrink={0}>
    {lines.slice(0, height).map((line, index) => (
      <LineText key={index} line={line} columns={columns} />
    ))}
  </Box>
);

const ruleOf = ({lines, height, offset, columns}: Pane, note: string): Line => {
  const last = Math.min(lines.length, offset + height);
  const isWhole = lines.length <= height;
  const place = isWhole
    ? ''
    : ` ${offset > 0 ? '▲ ' : ''}rows ${offset + 1}-${last} of ${lines.length}${last < lines.length ? ' ▼ PgDn' : ' · PgUp'} `;
  const dashes = columns - note.length - place.length - 4;
  return [
    segment('──', 'muted'),
    segment(note, 'key'),
    segment('─'.repeat(Math.max(0, dashes)), 'muted'),
    segment(place, 'key'),
    segment('──', 'muted'),
  ];
};

/** `note` is at the left of the heading; `search` is marked in the text. */
type PaneBoxProps = {readonly pane: Pane; readonly note?: string; readonly search: string};

/** Text that may be longer than its place, with a heading that says which part is shown. */
export const PaneBox = ({pane, note = '', search}: PaneBoxProps): ReactNode => (
  <Box flexDirection="column" width={pane.columns} flexShrink={0}>
    <LineText line={ruleOf(pane, note)} columns={pane.columns} />
    <LinesBox
      lines={pane.lines.slice(pane.offset, pane.offset + pane.height).map((one) => markMatches(one, search))}
      columns={pane.columns}
      height={pane.height}
    />
  </Box>
);

type HeaderProps = {readonly context: WizardContext; readonly state: WizardState};

/** All that was found, or only the worst of it where there is no room. */
const findingsOf = ({step, preview}: WizardState, room: number): Line => {
  const isDecided = !['home', 'undo', 'todo', 'checks', 'device', 'lend', 'next'].includes(step);
  const severities = preview.findings.map((finding) => finding.severity);
  if (!isDecided || severities.length === 0) return [];
  const worst = (['blocker', 'warning', 'note'] as const).find((one) => severities.includes(one)) ?? 'note';
  const tone = worst === 'blocker' ? 'error' : worst === 'warning' ? 'warning' : 'muted';
  const whole = segment(describeCounts(severities), tone);
  const short = segment(describeCounts(severities.filter((severity) => severity === worst)), tone);
  return widthOf([whole]) <= room ? [whole] : widthOf([short]) <= room ? [short] : [];
};

/** Where I am, what this run may do, and what was found. */
export const Header = ({context, state}: HeaderProps): ReactNode => {
  const position = positionOfStep(context, state);
  const {canApply, isDryRun} = context.services;
  const left: Line = [
    segment('vfio-pilot', 'strong'),
    ...(context.services.isDemo ? [segment(' demo', 'warning')] : []),
    ...(canApply.ok ? [] : [segment(` ${canApply.label}`, 'warning')]),
    ...(isDryRun ? [segment(' dry run', 'warning')] : []),
    segment(position === null ? '  ' : `  step ${position.index} of ${position.total}  `, 'muted'),
    segment(stepOf(state.step).title, 'focus'),
  ];
  const right = findingsOf(state, state.size.columns - widthOf(left) - 2);
  const gap = Math.max(0, state.size.columns - widthOf(left) - widthOf(right));
  return (
    <Box flexDirection="column">
      <LineText line={[...left, segment(' '.repeat(gap)), ...right]} columns={state.size.columns} />
      <LineText line={[segment('─'.repeat(state.size.columns), 'muted')]} columns={state.size.columns} />
    </Box>
  );
};

const hintLine = (hints: readonly KeyHint[]): Line =>
  hints.flatMap(({label, hint}, index) => [
    segment(index === 0 ? '' : '   '),
    segment(label, 'key'),
    segment(` ${hint}`),
  ]);

/** As many as fit; help and leave always do. */
const fitHints = (mode: Mode, columns: number): Line => {
  const all = hintsOf(mode).filter((hint) => !hint.isRare);
  const last = all.filter(({label}) => label === '?' || label === 'q');
  const rest = all.filter((hint) => !last.includes(hint));
  for (let count = rest.length; count > 0; count -= 1) {
    const line = hintLine([...rest.slice(0, count), ...last]);
    if (widthOf(line) <= columns) return line;
  }
  return last.length === 0 ? [segment('Please wait. This can’t be stopped.', 'muted')] : hintLine(last);
};

export const KeyHints = ({mode, columns}: {readonly mode: Mode; readonly columns: number}): ReactNode => (
  <LineText line={fitHints(mode, columns)} columns={columns} />
);
