import {Box} from 'ink';
import type {ReactNode} from 'react';
import {LinesBox} from '../components/lines-box.tsx';
import {PaneBox} from '../components/pane-box.tsx';
import {ChoiceList} from '../components/select/choice-list.tsx';
import {layoutOf} from '../views/layout.ts';
import {paneOf} from '../views/pane-of.ts';
import type {WizardContext} from '../wizard/context.ts';
import {rowsOf} from '../wizard/rows.ts';
import type {WizardState} from '../wizard/state.ts';

type Props = {readonly context: WizardContext; readonly state: WizardState};

/** Every step is made of the same three: what it is about, what can be chosen, and why. Beside each other where there is room. */
export const StepScreen = ({context, state}: Props): ReactNode => {
  const layout = layoutOf(context, state);
  const rows = rowsOf(context, state);
  const focus = Math.min(state.focus[state.step] ?? 0, rows.length - 1);
  const note = rows.length > layout.listHeight ? ` choice ${focus + 1} of ${rows.length} ` : '';
  const choices = (
    <Box flexDirection="column" width={layout.listColumns} flexShrink={0}>
      <LinesBox lines={layout.intro} columns={layout.listColumns} height={layout.introHeight} />
      <ChoiceList choices={rows} focus={focus} columns={layout.listColumns} height={layout.listHeight} />
    </Box>
  );
  return (
    <Box flexDirection={layout.isWide ? 'row' : 'column'} gap={layout.isWide ? 3 : 0} height={layout.bodyHeight}>
      {choices}
      <PaneBox pane={paneOf(context, state)} note={note} />
    </Box>
  );
};
