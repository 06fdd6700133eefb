import {Box} from 'ink';
import type {ReactNode} from 'react';
import {PaneBox} from '../components/pane-box.tsx';
import {layoutOf} from '../views/layout.ts';
import {paneOf} from '../views/pane-of.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';

type Props = {readonly context: WizardContext; readonly state: WizardState};

export const HelpScreen = ({context, state}: Props): ReactNode => (
  <Box flexDirection="column" height={layoutOf(context, state).bodyHeight}>
    <PaneBox pane={paneOf(context, state)} note=" Help " />
  </Box>
);
