import {lateEntries} from '../artifacts/chains/late-entries.ts';
import type {LateEntry} from '../artifacts/chains/late-entries.ts';
import {renderPresentImages} from '../artifacts/initramfs/present-images.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import {readHistory, readPlanOf} from '../transaction/history.ts';
import {rollback as rollBack} from '../transaction/rollback.ts';
import {printable} from '../ui/printable.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {startMachine} from './start-machine.ts';

export const rollback = async (context: CommandContext): Promise<number> => {
  const {options, out} = context;
  const root = await chooseRoot(context);
  const machine = await startMachine(context, root);
  const [id] = options.positionals;
  const entry = readHistory(machine).find((one) => (id === undefined ? one.state === 'applied' : one.id === id));
  if (entry !== undefined && entry.state === 'applied' && !options.isJson) {
    out(`Run ${entry.id} of profile ${printable(entry.profile)}, ${entry.startedAt}, is to be undone:\n${entry.paths.map((path) => `  restore ${printable(path)}\n`).join('')}`);
  }
  if (entry?.state === 'applied' && !(await confirm(context, 'rollback'))) {
    out('Left as it was.\n');
    return exitCodes.done;
  }
  const applied = entry?.state === 'applied' ? decodeAppliedPlan(readPlanOf(machine, entry.id)) : null;
  const facts = applied === null ? null : (await openHost(context, root)).facts;
  // A kernel that was installed since has what was applied in its image.
  const images = applied === null || facts === null ? [] : renderPresentImages(facts, applied.plan);
  const result = await rollBack(machine, {...(id === undefined ? {} : {id}), images}, describeProgress(context, machine.isLive), context.signal);
  if (options.isJson) out(`${JSON.stringify({version: 1, ...result}, null, 2)}\n`);
  else if (result.outcome === 'nothing-to-do') out('Nothing to do: nothing is applied.\n');
  else out(`Restored to the byte: ${result.paths.length} paths of run ${result.id}.\n${machine.isLive ? 'Reboot; the card is with its own driver again afterwards.\n' : ''}`);
  if (applied !== null && facts !== null && result.paths.includes(kernelCommandLinePath)) context.err(lateEntries(facts, applied.plan).map(describeLate).join(''));
  return exitCodes.done;
};

const describeLate = ({path, release}: LateEntry): string =>
  `${printable(path)} was written while the arguments were there, and has them still: nothing on the EFI partition is written over.\nRun kernel-install add ${release} with its image to have it written anew.\n`;
