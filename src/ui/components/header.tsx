import {Box} from 'ink';
import type {ReactNode} from 'react';
import {plainText, segment} from '../lines.ts';
import type {Line} from '../lines.ts';
import {displayWidth} from '../printable.ts';
import type {WizardContext} from '../wizard/context.ts';
import {describeCounts} from '../wizard/rows.ts';
import type {WizardState} from '../wizard/state.ts';
import {positionOfStep, stepOf} from '../wizard/steps.ts';
import {LineText} from './line-text.tsx';

type Props = {readonly context: WizardContext; readonly state: WizardState};

const findingsOf = ({step, preview}: WizardState): Line => {
  const isDecided = !['start', 'checks', 'device', 'next'].includes(step);
  const severities = preview.findings.map((finding) => finding.severity);
  if (!isDecided || severities.length === 0) return [];
  return [segment(describeCounts(severities), severities.includes('blocker') ? 'error' : severities.includes('warning') ? 'warning' : 'muted')];
};

/** Where I am, and whether something stands against it. */
export const Header = ({context, state}: Props): ReactNode => {
  const {index, total} = positionOfStep(context, state);
  const left: Line = [
    segment('vfio-pilot', 'strong'),
    ...(context.services.isDemo ? [segment(' demo', 'warning')] : []),
    segment(`  step ${index} of ${total}  `, 'muted'),
    segment(stepOf(state.step).title, 'focus'),
  ];
  const right = findingsOf(state);
  const gap = Math.max(2, state.size.columns - displayWidth(plainText(left)) - displayWidth(plainText(right)));
  return (
    <Box flexDirection="column">
      <LineText line={[...left, segment(' '.repeat(gap)), ...right]} columns={state.size.columns} />
      <LineText line={[segment('─'.repeat(state.size.columns), 'muted')]} columns={state.size.columns} />
    </Box>
  );
};
