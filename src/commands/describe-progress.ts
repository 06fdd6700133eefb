import type {OnProgress, ProgressEvent} from '../transaction/transaction.ts';
import {printable} from '../words/printable.ts';

type Manner = {readonly json: boolean; readonly isDry: boolean; readonly isLive: boolean};

/** One line for each thing done, on stderr; silent with --json unless it is a warning. */
export const describeProgress =
  (note: (text: string) => void, manner: Manner): OnProgress =>
  (event) => {
    if (event.kind === 'warning') return note(`WARNING ${printable(event.message)}\n`);
    if (manner.json) return;
    if (event.kind === 'file' && event.did !== 'staged' && event.did !== 'backed-up')
      note(row(manner.isDry ? `would ${intents[event.did]}` : event.did, event.path));
    if (event.kind === 'command') describeCommand(note, manner, event);
  };

const intents = {installed: 'install', restored: 'restore', 'left-alone': 'leave'} as const;

const row = (what: string, text: string): string => `  ${what.padEnd(10)} ${printable(text)}\n`;

/** Each command is listed once, with the reason where it is not run. */
const describeCommand = (
  note: (text: string) => void,
  {isDry, isLive}: Manner,
  {argv, state, detail}: Extract<ProgressEvent, {kind: 'command'}>,
): void => {
  const line = argv.join(' ');
  if (state === 'started' && (isLive || isDry)) note(row(isDry ? 'would run' : 'running', line));
  if (state === 'not-run' && !isDry) note(row('not run', `${line}${detail === null ? '' : ` (${detail})`}`));
};
