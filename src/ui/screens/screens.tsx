import {Box} from 'ink';
import type {ReactNode} from 'react';
import {blank, line, wrapText} from '../../words/lines.ts';
import {ChoiceList} from '../components/choice-list.tsx';
import {LinesBox, PaneBox} from '../components/frame.tsx';
import type {StepFrame} from '../views/frame.ts';
import {describeMachine} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import {hasUnsavedChoices} from '../wizard/resume.ts';
import type {WizardState} from '../wizard/state.ts';

type ScreenProps = {readonly state: WizardState; readonly frame: StepFrame};

/** The pane alone. */
export const PaneScreen = ({state, frame, note}: ScreenProps & {readonly note: string}): ReactNode => (
  <Box flexDirection="column" height={frame.layout.bodyHeight}>
    <PaneBox pane={frame.pane} note={note} search={state.search.text} />
  </Box>
);

type LeaveScreenProps = ScreenProps & {readonly context: WizardContext};

const whatIsKept = (context: WizardContext, state: WizardState): string => {
  const {drafts, commandStyle} = context.services;
  const choices = !hasUnsavedChoices(context, state)
    ? ''
    : drafts === null
      ? ' Your choices are not saved.'
      : ' Your choices are kept as a draft: the next start offers to continue.';
  const saved = state.save.phase === 'saved' ? ` The profile is in ${state.save.path}.` : '';
  return `${describeMachine(state, commandStyle)}${saved}${choices}`;
};

export const LeaveScreen = ({context, state, frame}: LeaveScreenProps): ReactNode => {
  const {bodyHeight} = frame.layout;
  const {columns} = state.size;
  const lines = [
    blank,
    line('Leave the wizard?', 'title'),
    blank,
    ...wrapText(whatIsKept(context, state), columns),
    blank,
    line('y leaves. n or Esc stays.'),
  ];
  return (
    <Box height={bodyHeight}>
      <LinesBox lines={lines} columns={columns} height={bodyHeight} />
    </Box>
  );
};

/** Every step has the same three parts: what it is about, the choices, and why. Side by side where there is room. */
export const StepScreen = ({state, frame: {layout, list, pane}}: ScreenProps): ReactNode => {
  const {count, start, focus, shown} = list;
  const note = count > layout.listHeight ? ` choice ${focus + 1} of ${count} ` : '';
  const choices = (
    <Box flexDirection="column" width={layout.listColumns} flexShrink={0}>
      <LinesBox lines={layout.intro} columns={layout.listColumns} height={layout.introHeight} />
      <ChoiceList choices={shown} focus={focus - start} columns={layout.listColumns} height={layout.listHeight} />
    </Box>
  );
  return (
    <Box flexDirection={layout.isWide ? 'row' : 'column'} gap={layout.isWide ? 3 : 0} height={layout.bodyHeight}>
      {choices}
      <PaneBox pane={pane} note={note} search={state.search.text} />
    </Box>
  );
};
