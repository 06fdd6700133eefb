import {Box} from 'ink';
import type {ReactNode} from 'react';
import {segment} from '../lines.ts';
import type {Line} from '../lines.ts';
import type {Pane} from '../views/pane-of.ts';
import {LineText} from './line-text.tsx';
import {LinesBox} from './lines-box.tsx';

const ruleOf = ({lines, height, offset, columns}: Pane, note: string): Line => {
  const last = Math.min(lines.length, offset + height);
  const isWhole = lines.length <= height;
  const place = isWhole ? '' : ` ${offset > 0 ? '▲ ' : ''}rows ${offset + 1}-${last} of ${lines.length}${last < lines.length ? ' ▼ PgDn' : ' · PgUp'} `;
  const dashes = columns - note.length - place.length - 4;
  return [segment('──', 'muted'), segment(note, 'key'), segment('─'.repeat(Math.max(0, dashes)), 'muted'), segment(place, 'key'), segment('──', 'muted')];
};

/** `note` stands at the left of the heading. */
type Props = {readonly pane: Pane; readonly note?: string};

/** Text that may be longer than its place, with a heading that says which part is shown. */
export const PaneBox = ({pane, note = ''}: Props): ReactNode => (
  <Box flexDirection="column" width={pane.columns} flexShrink={0}>
    <LineText line={ruleOf(pane, note)} columns={pane.columns} />
    <LinesBox lines={pane.lines.slice(pane.offset)} columns={pane.columns} height={pane.height} />
  </Box>
);
