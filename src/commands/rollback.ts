import {lateEntries} from '../artifacts/chains/late-entries.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import {type Edit, readEdits} from '../transaction/edits.ts';
import {readHistory, readPlanOf} from '../transaction/history.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import {inspectRollback, rollback as rollBack} from '../transaction/rollback.ts';
import type {RollbackRequest} from '../transaction/rollback.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {describeImage, describeKept, describeLate, describeLeft, describeRollback} from './describe-rollback.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {readLaterKernels} from './later-kernels.ts';
import {lookAtMachine, startMachine} from './start-machine.ts';

export const rollback = async (context: CommandContext): Promise<number> => {
  const {options, out} = context;
  const root = await chooseRoot(context);
  const machine = options.isDryRun ? lookAtMachine(context, root) : await startMachine(context, root);
  const [id] = options.positionals;
  const entry = readHistory(machine).find((one) => (id === undefined ? one.state === 'applied' : one.id === id));
  const applied = entry?.state === 'applied' ? decodeAppliedPlan(readPlanOf(machine, entry.id)) : null;
  const later = applied === null || entry === undefined ? null : readLaterKernels(machine, (await openHost(context, root)).facts, applied.plan, entry);
  const edits = options.hasKeepEdits && entry?.state === 'applied' ? readEdits(machine, entry.id, later?.request.gone ?? []) : [];
  const request: RollbackRequest = {...(id === undefined ? {} : {id}), ...later?.request, edits};
  inspectRollback(machine, request);
  if (entry?.state === 'applied' && !options.isJson) out(describeRollback(context, machine, entry, later, edits));
  if (options.isDryRun) return endDryRun(context, entry, edits);
  if (entry?.state === 'applied' && !(await confirm(context, 'rollback'))) {
    out('Left as it was.\n');
    return exitCodes.done;
  }
  const result = await rollBack(machine, request, describeProgress(context, machine.isLive), context.signal);
  if (options.isJson) out(`${JSON.stringify({version: 1, ...result}, null, 2)}\n`);
  else if (result.outcome === 'nothing-to-do') out('Nothing to do: nothing is applied.\n');
  else out(`Restored to the byte: ${result.paths.length} paths of run ${result.id}${result.edited.length === 0 ? '' : `; ${result.edited.length} keep what was edited since`}.\n${machine.isLive ? 'Reboot; the card is with its own driver again afterwards.\n' : ''}`);
  context.err(edits.filter(({kept}) => kept === null).map(describeKept).join(''));
  context.err((later?.left ?? []).map(({file: {path}}) => describeLeft(path)).join(''));
  if (applied !== null) context.err((later?.images ?? []).map((path) => describeImage(path, applied.plan)).join(''));
  if (applied !== null && result.paths.includes(kernelCommandLinePath)) {
    const left = lateEntries((await openHost(context, root)).facts, applied.plan);
    context.err(left.map((late) => describeLate(late, later?.line ?? null)).join(''));
  }
  return exitCodes.done;
};

const endDryRun = ({options, out}: CommandContext, entry: HistoryEntry | undefined, edits: readonly Edit[]): number => {
  const isApplied = entry?.state === 'applied';
  const edited = edits.map(({path}) => path);
  if (options.isJson) out(`${JSON.stringify({version: 1, id: isApplied ? entry.id : null, outcome: isApplied ? 'dry-run' : 'nothing-to-do', paths: isApplied ? entry.paths.filter((path) => !edited.includes(path)) : [], edited}, null, 2)}\n`);
  else out(isApplied ? '\nDry run: nothing was written.\n' : 'Nothing to do: nothing is applied.\n');
  return exitCodes.done;
};
