import {Box, Text} from 'ink';
import SelectInput from 'ink-select-input';
import {type ReactNode, useContext} from 'react';
import {printable} from '../../words/printable.ts';
import {truncate} from '../../words/width.ts';
import {ThemeContext} from '../theme.ts';

type Choice = {readonly value: string; readonly label: string};
type Props = {
  /** Those that there is room for. */
  readonly choices: readonly Choice[];
  readonly focus: number;
  readonly columns: number;
  readonly height: number;
};

type ItemProps = {readonly label: string; readonly hasFocus?: boolean};

const Item = ({label, hasFocus = false}: ItemProps): ReactNode => {
  const theme = useContext(ThemeContext);
  return (
    <Text wrap="truncate" {...theme.styleOf(hasFocus ? 'focus' : 'plain')}>
      {theme.isSpoken ? (hasFocus ? 'Here: ' : '') : hasFocus ? theme.spell('❯ ') : '  '}
      {theme.spell(label)}
    </Text>
  );
};

/** Each item says for itself whether it has the focus. */
const NoIndicator = (): ReactNode => null;

/**
 * A list whose focus the wizard's state owns: it comes with the items, and keys go to the reducer alone. A focus that
 * ink-select-input keeps for itself resolves Enter from its last render, so that Down and Enter in one read would
 * choose the row before.
 */
export const ChoiceList = ({choices, focus, columns, height}: Props): ReactNode => {
  const {isSpoken} = useContext(ThemeContext);
  if (choices.length === 0 || height === 0) return null;
  const items = choices.map(({value, label}, index) => ({
    key: value,
    value,
    label: isSpoken ? printable(label) : truncate(printable(label), columns - 2),
    hasFocus: index === focus,
  }));
  return (
    <Box flexDirection="column" width={columns} height={height} flexShrink={0}>
      <SelectInput items={items} isFocused={false} indicatorComponent={NoIndicator} itemComponent={Item} />
    </Box>
  );
};
