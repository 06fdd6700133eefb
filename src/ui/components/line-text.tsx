import {Text} from 'ink';
import {useContext} from 'react';
import type {ReactNode} from 'react';
import {fitLine, plainText, segment} from '../lines.ts';
import type {Line} from '../lines.ts';
import {ThemeContext} from '../theme.ts';

type Props = {readonly line: Line; readonly columns: number};

/** One row, never more: a row that wraps would push the frame out of the terminal. */
export const LineText = ({line, columns}: Props): ReactNode => {
  const theme = useContext(ThemeContext);
  const fitted = fitLine(line.map(({text, tone}) => segment(text, tone)), columns);
  // Without a character a row would have no height, and everything below it would move up.
  if (plainText(fitted) === '') return <Text> </Text>;
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
