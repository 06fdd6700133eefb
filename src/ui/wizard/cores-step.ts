import {type PhysicalCore, physicalCores} from '../../facts/cores.ts';
import type {Line} from '../../words/lines.ts';
import {displayWidth} from '../../words/width.ts';
import {profileOf, type WizardContext} from './context.ts';
import {pinsId} from './cpu-fields.ts';
import {enterStep, scroll, withJudged} from './move.ts';
import type {Shown, WizardState} from './state.ts';

/** Online cores, by their first CPU. */
const coresOf = ({services}: WizardContext): readonly PhysicalCore[] => physicalCores(services.facts.cpu.cpus);

/** CPUs that the guest has now: those of the profile, or those that the plan chose one for one. */
export const pickedCpus = (context: WizardContext, state: WizardState): readonly number[] => {
  const {pins} = profileOf(context, state.draft).cpu;
  if (pins !== 'auto') return pins;
  return (state.preview.plan?.pinning.vcpus ?? []).flatMap(({cpus}) => (cpus.length === 1 ? cpus : []));
};

export const coreUnderCursor = (context: WizardContext, {cores}: WizardState): PhysicalCore | null =>
  coresOf(context).find(({threads}) => threads[0] === cores?.cursor) ?? null;

/** `at`: the first CPU of a core; else the first one of the guest. */
export const openCores = (context: WizardContext, state: WizardState, at: number | null = null): WizardState => {
  const [first] = coresOf(context);
  if (first === undefined) return {...state, notice: 'The cores of this host are unknown.'};
  const picked = pickedCpus(context, state);
  const core = coresOf(context).find(({threads}) => threads.some((id) => picked.includes(id))) ?? first;
  const cursor = at ?? core.threads[0] ?? 0;
  const entered = enterStep(context, {...state, cores: {cursor, before: state.draft}}, 'cores');
  // The first rows are those around the cursor.
  const {cores: _, ...scrolled} = entered.scroll;
  return {...entered, scroll: scrolled};
};

const withPins = (context: WizardContext, state: WizardState, pins: string | null): WizardState => {
  const {[pinsId]: _, ...others} = state.draft.edits;
  const edits = pins === null ? others : {...others, [pinsId]: pins};
  return withJudged(context, {...state, notice: null, draft: {...state.draft, edits}});
};

/** All threads of the core come, or go where all of them are there. */
export const toggleCore = (context: WizardContext, state: WizardState): WizardState => {
  const core = coreUnderCursor(context, state);
  if (core === null) return state;
  const picked = new Set(pickedCpus(context, state));
  const isWhole = core.threads.every((id) => picked.has(id));
  for (const id of core.threads)
    if (isWhole) picked.delete(id);
    else picked.add(id);
  if (picked.size === 0) return {...state, notice: 'The guest needs at least one core.'};
  // Pairs of vCPUs are the threads of one core, as the plan has them.
  const pins = coresOf(context).flatMap(({threads}) => threads.filter((id) => picked.has(id)));
  return withPins(context, state, pins.join(','));
};

/** As many as before, where the plan puts them. */
export const resetCores = (context: WizardContext, state: WizardState): WizardState =>
  withPins(context, state, state.draft.base.cpu.pins === 'auto' ? null : 'auto');

export const keepCores = (context: WizardContext, state: WizardState): WizardState =>
  enterStep(context, {...state, cores: null}, 'cpu');

export const dropCores = (context: WizardContext, state: WizardState): WizardState => {
  const before = state.cores?.before ?? state.draft;
  return keepCores(context, before === state.draft ? state : withJudged(context, {...state, draft: before}));
};

/** On the map of the CPU step a click opens the map that is picked on; there it picks. */
export const clickCore = (context: WizardContext, state: WizardState, core: number): WizardState => {
  if (state.step === 'cpu') return openCores(context, state, core);
  if (state.cores === null || state.step !== 'cores') return state;
  return toggleCore(context, {...state, cores: {...state.cores, cursor: core}});
};

type Place = {readonly core: number; readonly row: number; readonly column: number};

/** Where each core is drawn, in reading order. */
const placesOf = (lines: readonly Line[]): readonly Place[] =>
  lines.flatMap((line, row) => {
    const places: Place[] = [];
    let column = 0;
    for (const {text, core} of line) {
      if (core !== undefined && core !== places.at(-1)?.core) places.push({core, row, column});
      column += displayWidth(text);
    }
    return places;
  });

/** The first row that is shown: with the cursor in sight until a person scrolls. */
export const firstRowOfCores = (
  {scroll: {cores: wanted}, cores}: WizardState,
  lines: readonly Line[],
  height: number,
): number => {
  if (wanted !== undefined) return wanted;
  const row = placesOf(lines).find(({core}) => core === cores?.cursor)?.row ?? 0;
  return row < height ? 0 : row - Math.floor(height / 2);
};

export type CursorWay = 'left' | 'right' | 'up' | 'down' | 'first' | 'last';

/** To the next core on the screen, which scrolls with it. */
export const moveCursor = (state: WizardState, shown: Shown, way: CursorWay): WizardState => {
  const places = placesOf(shown.pane.lines);
  const index = places.findIndex(({core}) => core === state.cores?.cursor);
  const next = nextPlace(places, index, way);
  if (next === undefined || state.cores === null) return state;
  const moved = {...state, notice: null, cores: {...state.cores, cursor: next.core}};
  const top = firstRowOfCores(state, shown.pane.lines, shown.pane.height);
  const bottom = top + shown.pane.height - 1;
  if (next.row >= top && next.row <= bottom) return moved;
  return scroll(moved, shown, {to: next.row < top ? next.row : next.row - shown.pane.height + 1});
};

const nextPlace = (places: readonly Place[], index: number, way: CursorWay): Place | undefined => {
  const here = places[index];
  if (here === undefined || way === 'first') return places[0];
  if (way === 'last') return places.at(-1);
  if (way === 'left') return places[index - 1];
  if (way === 'right') return places[index + 1];
  const beyond = places.filter(({row}) => (way === 'down' ? row > here.row : row < here.row));
  const row = way === 'down' ? beyond[0]?.row : beyond.at(-1)?.row;
  const distance = ({column}: Place): number => Math.abs(column - here.column);
  return beyond.filter((one) => one.row === row).sort((a, b) => distance(a) - distance(b))[0];
};
