import {Box, Text} from 'ink';
import SelectInput from 'ink-select-input';
import {useContext} from 'react';
import type {ReactNode} from 'react';
import {printable, truncate} from '../../printable.ts';
import {ThemeContext} from '../../theme.ts';

type Choice = {readonly value: string; readonly label: string};
type Props = {readonly choices: readonly Choice[]; readonly focus: number; readonly columns: number; readonly height: number};

const Indicator = ({isSelected = false}: {readonly isSelected?: boolean}): ReactNode => {
  const theme = useContext(ThemeContext);
  return <Text {...theme.styleOf('focus')}>{isSelected ? theme.spell('❯ ') : '  '}</Text>;
};

const Item = ({isSelected = false, label}: {readonly isSelected?: boolean; readonly label: string}): ReactNode => {
  const theme = useContext(ThemeContext);
  return (
    <Text wrap="truncate" {...theme.styleOf(isSelected ? 'focus' : 'plain')}>
      {theme.spell(label)}
    </Text>
  );
};

/** The part of a list that is shown, so that the focused row is in it. */
const windowOf = (count: number, focus: number, height: number): {readonly start: number; readonly end: number} => {
  const start = Math.max(0, Math.min(focus - Math.floor(height / 2), count - height));
  return {start, end: Math.min(count, start + height)};
};

/**
 * Draws a list whose focus the wizard's state owns. ink-select-input keeps a focus of its own and resolves Enter from
 * the closure of its last render: with Down and Enter in one read it chooses the row before. So it gets no keys here
 * (`isFocused={false}`), and is made anew at the row that the state names whenever that changes.
 */
export const ChoiceList = ({choices, focus, columns, height}: Props): ReactNode => {
  if (choices.length === 0 || height === 0) return null;
  const focused = Math.min(focus, choices.length - 1);
  const {start, end} = windowOf(choices.length, focused, height);
  const items = choices.slice(start, end).map(({value, label}) => ({key: value, value, label: truncate(printable(label), columns - 2)}));
  return (
    <Box flexDirection="column" width={columns} height={height} flexShrink={0}>
      <SelectInput
        key={`${focused - start} ${items.map((item) => item.value).join('\n')}`}
        items={items}
        initialIndex={focused - start}
        isFocused={false}
        indicatorComponent={Indicator}
        itemComponent={Item}
      />
    </Box>
  );
};
