import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import {padColumns} from '../../words/width.ts';
import {hintsOf, type Mode} from '../keys.ts';
import type {StepId} from '../wizard/state.ts';
import {glossaryOf} from './glossary.ts';
import {stepOf} from '../wizard/steps.ts';

const legends: Readonly<Partial<Record<StepId, string>>> = {
  device:
    '✓ a guest can have it; ! if you accept a risk; ✗ not now. (•) is chosen, [+] was added with Space. Enter chooses the row with the pointer and keeps what you added; on a row that you added, the chosen card stays.',
  cores:
    'A click on a core picks it, as Space does. V is a vCPU of the guest, I an I/O thread, E the emulator, · the host.',
  cpu: 'The map shows what each hardware thread does: V is a vCPU of the guest, I an I/O thread, E the emulator, · the host.',
  memory: '█ the guest, ▓ for the host, ▒ hugepages or guests that are there already, ░ free for both.',
};

export const helpLines = (step: StepId, mode: Mode, columns: number): readonly Line[] => [
  line(stepOf(step).title, 'title'),
  ...wrapText(stepOf(step).purpose, columns),
  ...(legends[step] === undefined ? [] : wrapText(legends[step], columns)),
  blank,
  line('Keys on this step', 'title'),
  ...hintsOf(mode).map(({label, hint}): Line => [segment(padColumns(label, 12), 'key'), segment(hint)]),
  ...wordLines(step, columns),
  blank,
  ...wrapText(
    'A click goes to a row, and one more on it chooses it; the wheel scrolls. Shift and the mouse select text.',
    columns,
  ),
  blank,
  ...wrapText(
    'Nothing is written before you type a word on the step "Apply". Going back keeps your choices. "automatic" means: decided from the facts of the host, also when you use the profile on another one.',
    columns,
  ),
];

const wordLines = (step: StepId, columns: number): readonly Line[] => {
  const words = glossaryOf(step);
  if (words.length === 0) return [];
  return [
    blank,
    line('Words of this step', 'title'),
    ...words.flatMap(({word, meaning}) => wrapText(`${word}: ${meaning}`, columns, 'plain', 2)),
  ];
};
