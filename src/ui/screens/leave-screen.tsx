import {Box} from 'ink';
import type {ReactNode} from 'react';
import {LinesBox} from '../components/lines-box.tsx';
import {blank, line, wrapText} from '../lines.ts';
import {layoutOf} from '../views/layout.ts';
import {describeMachine} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';

type Props = {readonly context: WizardContext; readonly state: WizardState};

const whatIsKept = ({services}: WizardContext, state: WizardState): string => {
  const machine = describeMachine(state, services.commandStyle);
  return state.save.phase === 'saved' ? `${machine} The profile is in ${state.save.path}.` : `${machine} What you chose is not saved.`;
};

export const LeaveScreen = ({context, state}: Props): ReactNode => {
  const {bodyHeight} = layoutOf(context, state);
  const {columns} = state.size;
  const lines = [blank, line('Leave the wizard?', 'title'), blank, ...wrapText(whatIsKept(context, state), columns), blank, line('y leaves, n or Esc stays.')];
  return (
    <Box height={bodyHeight}>
      <LinesBox lines={lines} columns={columns} height={bodyHeight} />
    </Box>
  );
};
