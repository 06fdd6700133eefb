import {formatCpuList} from '../../facts/kernel-lists.ts';
import {placeOf} from '../../findings/codes.ts';
import {blank, type Line, wrapText} from '../../words/lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import {coreUnderCursor, pickedCpus} from '../wizard/cores-step.ts';
import type {WizardState} from '../wizard/state.ts';
import {findingLines, topologyLines} from './parts.ts';
import {sayingOf} from './say.ts';

/** What is under the cursor, and what is picked; both stay in sight. */
export const pickedLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const picked = pickedCpus(context, state);
  const core = coreUnderCursor(context, state);
  const isPicked = core?.threads.every((id) => picked.includes(id)) ?? false;
  const node = core?.node ?? null;
  const here =
    core === null
      ? 'Here: no core.'
      : `Here: CPU ${core.threads.join(', ')}${node === null ? '' : `, node ${node}`}: ${isPicked ? 'picked' : 'with the host'}.`;
  const isAutomatic = (state.draft.edits['cpu.pins'] ?? state.draft.base.cpu.pins) === 'auto';
  const chosen = `Guest: ${picked.length} CPUs${isAutomatic ? ', chosen automatically' : ''}: ${formatCpuList([...picked].sort((a, b) => a - b))}.`;
  return [...wrapText(here, columns, 'focus').slice(0, 1), ...wrapText(chosen, columns, 'muted').slice(0, 1)];
};

/** The whole map, and what the plan says about the choice. */
export const coresLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {cursor} = state.cores ?? {cursor: null};
  const map = topologyLines(context, state, columns, {isWhole: true}).map((line) => withCursor(line, cursor));
  const findings = state.preview.findings.filter(({code}) => placeOf(code).step === 'cpu');
  const about = findingLines(findings, columns, sayingOf(context, state));
  return [...map, ...(about.length === 0 ? [] : [blank, ...about])];
};

/** In the tone of a match; where cores are in brackets a pointer says it without colours too. */
const withCursor = (line: Line, cursor: number | null): Line =>
  line.map((one) =>
    one.core === undefined || one.core !== cursor
      ? one
      : {...one, tone: 'match', text: one.text.startsWith('[') ? `❯${one.text.slice(1)}` : one.text},
  );
