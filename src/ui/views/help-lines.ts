import {hintsOf} from '../keys.ts';
import type {Mode} from '../keys.ts';
import {blank, line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import {padColumns} from '../printable.ts';
import {stepOf} from '../wizard/steps.ts';
import type {StepId} from '../wizard/steps.ts';

const legends: Readonly<Partial<Record<StepId, string>>> = {
  device: '✓ can be given away as it is, ! if you give something up for it, ✗ can’t. [x] is chosen, [+] was added with Space. Enter chooses the card under the pointer and keeps what was added.',
  cpu: 'The map shows what each hardware thread does: the letters say the same as the colours.',
  memory: '█ the guest, ▓ kept for the host, ▒ huge pages that are set aside already, ░ free for both.',
};

export const helpLines = (step: StepId, mode: Mode, columns: number): readonly Line[] => [
  line(stepOf(step).title, 'title'),
  ...wrapText(stepOf(step).purpose, columns),
  ...(legends[step] === undefined ? [] : wrapText(legends[step], columns)),
  blank,
  line('Keys on this step', 'title'),
  ...hintsOf(mode).map(({label, hint}): Line => [segment(padColumns(label, 12), 'key'), segment(hint)]),
  blank,
  ...wrapText('Nothing is written to this machine before you type a word on the step "Apply". Going back keeps what you chose. "auto" is decided from the facts of the host the profile is used on.', columns),
];
