import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import {renderDiff} from '../../changes/compare-artifacts.ts';
import type {WizardContext} from '../wizard/context.ts';
import {profileToSave, replacedBySave} from '../wizard/save-step.ts';
import {type Field, type FieldContext, refusalOf, valueOf} from '../wizard/field.ts';
import {focusedField} from '../wizard/form-step.ts';
import {focusedMapRow} from '../wizard/map-step.ts';
import {findingsHere} from '../wizard/places.ts';
import {stepOf} from '../wizard/steps.ts';
import type {WizardState} from '../wizard/state.ts';
import {textDiffLines} from './diff-lines.ts';
import {pathLines} from './path-lines.ts';
import {memoryBars} from './memory-bars.ts';
import {sayIn, sayingOf} from './say.ts';
import {decisionLines, decisionsAbout, findingLines, heading, topologyLines} from './parts.ts';

const costOf = (field: Field, shown: FieldContext): string => {
  if (field.kind !== 'choice') return field.cost(shown);
  const value = field.read(shown);
  return field.options(shown).find((option) => option.value === value)?.cost ?? '';
};

const otherOptions = (field: Field, shown: FieldContext): readonly string[] => {
  if (field.kind !== 'choice') return [];
  const value = field.read(shown);
  return field
    .options(shown)
    .filter((option) => option.value !== value)
    .map((option) => option.label);
};

/** The focused setting: what it means, the other choices, and the fact that the proposal comes from. */
const focusLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const focused = focusedField(context, state);
  if (focused === null) return [];
  const {field, shown} = focused;
  const say = sayIn(context, state);
  const others = otherOptions(field, shown);
  const decisions = decisionsAbout(state.preview.plan?.decisions ?? [], field.subjects);
  const refusal = refusalOf(field, valueOf(field, shown));
  return [
    ...(refusal === null ? [] : wrapText(`✗ ${refusal}`, columns, 'error', 2)),
    ...wrapText(say(costOf(field, shown)), columns),
    ...pathLines(context, state, columns),
    ...(others.length === 0 ? [] : wrapText(`Or: ${others.join(' · ')}`, columns, 'muted', 4)),
    ...decisionLines(decisions, say, columns),
  ];
};

const picture = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {facts} = context.services;
  const memory = state.preview.plan?.memory;
  if (state.step === 'cpu') return topologyLines(context, state, columns);
  return state.step === 'memory' && memory !== undefined
    ? memoryBars(facts.nodes, facts.memory.totalKiB, memory, columns)
    : [];
};

const restOf = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const shown = focusedField(context, state)?.field.subjects ?? [];
  const all = state.preview.plan?.decisions ?? [];
  const about = decisionsAbout(all, [state.step]).filter((one) => !decisionsAbout([one], shown).length);
  return about.length === 0
    ? []
    : [blank, heading('Decided automatically'), ...decisionLines(about, sayIn(context, state), columns)];
};

const spaced = (lines: readonly Line[]): readonly Line[] => (lines.length === 0 ? [] : [blank, ...lines]);

/** What blocks, then the picture, then what is good to know. */
export const formLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const findings = findingsHere(context, state);
  const saying = sayingOf(context, state);
  const blockers = findings.filter((finding) => finding.severity === 'blocker');
  return [
    ...focusLines(context, state, columns),
    ...spaced(findingLines(blockers, columns, saying)),
    ...spaced(picture(context, state, columns)),
    ...spaced(
      findingLines(
        findings.filter((finding) => !blockers.includes(finding)),
        columns,
        saying,
      ),
    ),
    ...restOf(context, state, columns),
  ];
};

export const saveLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => [
  ...focusLines(context, state, columns),
  ...(state.save.phase === 'failed'
    ? [
        blank,
        ...wrapText(`✗ Not saved: ${state.save.problem}`, columns, 'error'),
        line('Type another file name, or choose not to save.'),
      ]
    : []),
  ...(state.save.phase === 'saved' ? [blank, [segment('✓ Saved: ', 'good'), segment(state.save.path)]] : []),
  ...(state.save.phase === 'saved' || state.draft.edits['save.isWanted'] === 'no'
    ? []
    : replacedLines(context, state, columns)),
];

/** What becomes of the file that was opened. */
const replacedLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const opened = replacedBySave(context, state);
  if (opened === null) return [];
  const text = context.services.edit(opened.text, profileToSave(context, state));
  return [
    blank,
    ...wrapText(`Changes in ${opened.path}; the old one is kept as ${opened.path}.bak:`, columns, 'title'),
    ...textDiffLines(renderDiff(opened.path, opened.text, text), columns),
  ];
};

/** About the decision with the focus, as on its own step. */
export const mapLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const row = focusedMapRow(context, state);
  if (row === null) return [];
  if (row.field === null) return wrapText(stepOf(row.step).purpose, columns);
  return focusLines(context, {...state, step: row.step, focus: {...state.focus, [row.step]: row.index}}, columns);
};
