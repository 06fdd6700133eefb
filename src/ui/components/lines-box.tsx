import {Box} from 'ink';
import type {ReactNode} from 'react';
import type {Line} from '../lines.ts';
import {LineText} from './line-text.tsx';

type Props = {readonly lines: readonly Line[]; readonly columns: number; readonly height: number};

/** Exactly `height` rows. */
export const LinesBox = ({lines, columns, height}: Props): ReactNode => (
  <Box flexDirection="column" height={height} width={columns} flexShrink={0}>
    {lines.slice(0, height).map((line, index) => (
      <LineText key={index} line={line} columns={columns} />
    ))}
  </Box>
);
