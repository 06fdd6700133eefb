import {blank, line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import {refusalOf, valueOf} from '../wizard/field.ts';
import type {Field, FieldContext} from '../wizard/field.ts';
import {focusedField} from '../wizard/form-step.ts';
import type {WizardState} from '../wizard/state.ts';
import {stepOfFinding} from '../wizard/step-of-finding.ts';
import {decisionLines, decisionsAbout, heading} from './decision-lines.ts';
import {findingLines} from './finding-lines.ts';
import {memoryBars} from './memory-bars.ts';
import {topologyLines} from './topology-lines.ts';

const costOf = (field: Field, shown: FieldContext): string => {
  if (field.kind !== 'choice') return field.cost(shown);
  const value = field.read(shown);
  return field.options(shown).find((option) => option.value === value)?.cost ?? '';
};

const otherOptions = (field: Field, shown: FieldContext): readonly string[] => {
  if (field.kind !== 'choice') return [];
  const value = field.read(shown);
  return field.options(shown).filter((option) => option.value !== value).map((option) => option.label);
};

/** The focused choice: what it means, what else there is, and from which fact the proposal comes. */
const focusLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const focused = focusedField(context, state);
  if (focused === null) return [];
  const {field, shown} = focused;
  const others = otherOptions(field, shown);
  const decisions = decisionsAbout(state.preview.plan?.decisions ?? [], field.subjects);
  const refusal = refusalOf(field, valueOf(field, shown));
  return [
    ...(refusal === null ? [] : wrapText(`✗ ${refusal}`, columns, 'error', 2)),
    ...wrapText(costOf(field, shown), columns),
    ...(others.length === 0 ? [] : wrapText(`Or: ${others.join(' · ')}`, columns, 'muted', 4)),
    ...decisionLines(decisions, columns),
  ];
};

const picture = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {facts} = context.services;
  const memory = state.preview.plan?.memory;
  if (state.step === 'cpu') return topologyLines(context, state, columns);
  return state.step === 'memory' && memory !== undefined ? memoryBars(facts.nodes, facts.memory.totalKiB, memory, columns) : [];
};

const restOf = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const shown = focusedField(context, state)?.field.subjects ?? [];
  const all = state.preview.plan?.decisions ?? [];
  const about = decisionsAbout(all, [state.step]).filter((one) => !decisionsAbout([one], shown).length);
  return about.length === 0 ? [] : [blank, heading('Also decided'), ...decisionLines(about, columns)];
};

const spaced = (lines: readonly Line[]): readonly Line[] => (lines.length === 0 ? [] : [blank, ...lines]);

/** What stands in the way, then the picture, then what is good to know. */
export const formLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const relevant = state.step === 'risks' ? 'device' : state.step;
  const findings = state.preview.findings.filter((finding) => stepOfFinding(finding) === relevant);
  const blockers = findings.filter((finding) => finding.severity === 'blocker');
  return [
    ...focusLines(context, state, columns),
    ...spaced(findingLines(blockers, columns)),
    ...spaced(picture(context, state, columns)),
    ...spaced(findingLines(findings.filter((finding) => !blockers.includes(finding)), columns)),
    ...restOf(context, state, columns),
  ];
};

export const saveLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => [
  ...focusLines(context, state, columns),
  ...(state.save.phase === 'failed' ? [blank, ...wrapText(`✗ Not saved: ${state.save.problem}`, columns, 'error'), line('Name another file, or choose not to save.')] : []),
  ...(state.save.phase === 'saved' ? [blank, [segment('✓ Saved: ', 'good'), segment(state.save.path)]] : []),
];
