import {blank} from '../lines.ts';
import type {Line} from '../lines.ts';
import type {WizardState} from '../wizard/state.ts';
import {decisionLines, decisionsAbout, heading} from './decision-lines.ts';
import {diffLines} from './diff-lines.ts';
import {findingLines, nothingFound} from './finding-lines.ts';

/** Decisions that no other step has shown. */
const unseen = ['binding', 'kernelArguments', 'devices', 'host'];

const knowLines = ({preview}: WizardState, columns: number): readonly Line[] => {
  const decisions = decisionsAbout(preview.plan?.decisions ?? [], unseen);
  return [
    ...(preview.findings.length === 0 ? [nothingFound] : findingLines(preview.findings, columns)),
    ...(decisions.length === 0 ? [] : [blank, heading('Decided from the facts of this host'), ...decisionLines(decisions, columns)]),
  ];
};

export const reviewLines = (state: WizardState, columns: number): readonly Line[] => {
  const change = state.preview.changes[(state.focus.review ?? 0) - 1];
  return change === undefined ? knowLines(state, columns) : diffLines(change, columns);
};
