import type {OnProgress} from '../transaction/progress-event.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';

/** One line for each thing done, on stderr; silent with --json unless it is a warning. */
export const describeProgress = ({err, options}: CommandContext, isLive: boolean): OnProgress => (event) => {
  if (event.kind === 'warning') return err(`WARNING ${printable(event.message)}\n`);
  if (options.isJson) return;
  if (event.kind === 'file' && event.did !== 'staged' && event.did !== 'backed-up') err(`  ${event.did.padEnd(10)} ${printable(event.path)}\n`);
  if (event.kind === 'command' && event.state !== 'ended' && (isLive || event.state === 'not-run')) {
    const argv = printable(event.argv.join(' '));
    err(event.state === 'started' ? `  running    ${argv}\n` : `  not run    ${argv}${event.detail === null ? '' : ` (${printable(event.detail)})`}\n`);
  }
};
