import {line, type Line, segment, wrapText} from '../../words/lines.ts';
import {printable} from '../../words/printable.ts';
import {formatKiB} from '../../topology/map-memory.ts';
import type {WizardContext} from '../wizard/context.ts';
import {focusedPath, imagesFor} from '../wizard/path-step.ts';
import {splitPath} from '../wizard/path-text.ts';
import type {WizardState} from '../wizard/state.ts';

/** More rows than a terminal has. */
const mostRows = 60;

/** What can be chosen for a field that names a file: what Tab found, else the images of this host. */
export const pathLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const focused = focusedPath(context, state);
  if (focused === null) return [];
  const {completion} = state;
  if (completion?.text === focused.text && completion.choices.length > 1)
    return [
      line(`${completion.choices.length} names go on like this:`, 'title'),
      ...cut(completion.choices.map((choice) => [segment(`  ${printable(nameOf(choice))}`)])),
    ];
  const images = imagesFor(context, state);
  if (images.length === 0) return [];
  return [
    ...wrapText('Found on this host; Tab takes the next one:', columns, 'title'),
    ...cut(
      images.map(({path, sizeBytes}): Line => {
        const isTaken = path === focused.text;
        return [
          segment(isTaken ? '❯ ' : '  ', 'focus'),
          segment(printable(path), isTaken ? 'focus' : 'plain'),
          segment(`  ${formatKiB(sizeBytes / 1024)}`, 'muted'),
        ];
      }),
    ),
  ];
};

/** Of a folder with its slash. */
const nameOf = (path: string): string => {
  const isFolder = path.endsWith('/');
  const {start} = splitPath(isFolder ? path.slice(0, -1) : path);
  return isFolder ? `${start}/` : start;
};

const cut = (lines: readonly Line[]): readonly Line[] =>
  lines.length <= mostRows
    ? lines
    : [...lines.slice(0, mostRows), line(`  and ${lines.length - mostRows} more`, 'muted')];
