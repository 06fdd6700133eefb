import {realMachine} from '../system/real-machine.ts';
import {readHistory} from '../transaction/history.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {chooseRoot} from './open-host.ts';
import {requireRights} from './start-machine.ts';

export const history = async (context: CommandContext): Promise<number> => {
  const root = await chooseRoot(context);
  requireRights(root);
  const entries = readHistory(realMachine(root));
  if (context.options.isJson) context.out(`${JSON.stringify({version: 1, runs: entries}, null, 2)}\n`);
  else context.out(entries.length === 0 ? 'No run was ever applied here.\n' : entries.map(describeEntry).join('\n'));
  return exitCodes.done;
};

const describeEntry = (entry: HistoryEntry): string => {
  const commands = entry.commands.map(({argv, state, reason}) => `  ${state.padEnd(8)} ${printable(argv.join(' '))}${reason === null ? '' : ` (${printable(reason)})`}\n`);
  return [
    `${entry.id}  ${entry.state}  profile ${printable(entry.profile)}  (vfio-pilot ${entry.toolVersion})\n`,
    entry.failure === null ? '' : `  failed: ${printable(entry.failure)}\n`,
    ...entry.paths.map((path) => `  file     ${printable(path)}\n`),
    ...commands,
    `  journal  ${entry.journal}\n`,
  ].join('');
};
