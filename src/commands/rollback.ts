import {readHistory} from '../transaction/history.ts';
import {rollback as rollBack} from '../transaction/rollback.ts';
import {printable} from '../ui/printable.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {chooseRoot} from './open-host.ts';
import {startMachine} from './start-machine.ts';

export const rollback = async (context: CommandContext): Promise<number> => {
  const {options, out} = context;
  const machine = await startMachine(context, await chooseRoot(context));
  const [id] = options.positionals;
  const entry = readHistory(machine).find((one) => (id === undefined ? one.state === 'applied' : one.id === id));
  if (entry !== undefined && entry.state === 'applied' && !options.isJson) {
    out(`Run ${entry.id} of profile ${printable(entry.profile)}, ${entry.startedAt}, is to be undone:\n${entry.paths.map((path) => `  restore ${printable(path)}\n`).join('')}`);
  }
  if (entry?.state === 'applied' && !(await confirm(context, 'rollback'))) {
    out('Left as it was.\n');
    return exitCodes.done;
  }
  const result = await rollBack(machine, id === undefined ? {} : {id}, describeProgress(context, machine.isLive), context.signal);
  if (options.isJson) out(`${JSON.stringify({version: 1, ...result}, null, 2)}\n`);
  else if (result.outcome === 'nothing-to-do') out('Nothing to do: nothing is applied.\n');
  else out(`Restored to the byte: ${result.paths.length} paths of run ${result.id}.\n${machine.isLive ? 'Reboot; the card is with its own driver again afterwards.\n' : ''}`);
  return exitCodes.done;
};
