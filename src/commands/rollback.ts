import {lateEntries} from '../artifacts/chains/late-entries.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import {readEdits, type ShownEdit} from '../transaction/edits.ts';
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
  const run = entry?.state === 'applied' ? entry : null;
  const applied = run === null ? null : decodeAppliedPlan(readPlanOf(machine, run.id));
  const later = applied === null || run === null ? null : readLaterKernels(machine, (await openHost(context, root)).facts, applied.plan, run);
  const edits = options.hasKeepEdits && run !== null ? readEdits(machine, run.id, later?.request.gone ?? []) : [];
  const request: RollbackRequest = {...(id === undefined ? {} : {id}), ...later?.request, edits};
  inspectRollback(machine, request);
  if (run !== null && !options.isJson) out(describeRollback(context, machine, run, later, edits));
  if (options.isDryRun) return endDryRun(context, run, edits);
  if (run !== null && !(await confirm(context, 'rollback'))) {
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

const endDryRun = ({options, out}: CommandContext, run: HistoryEntry | null, edits: readonly ShownEdit[]): number => {
  const edited = edits.map(({path}) => path);
  const result = run === null ? {id: null, outcome: 'nothing-to-do', paths: [], edited} : {id: run.id, outcome: 'dry-run', paths: run.paths.filter((path) => !edited.includes(path)), edited};
  if (options.isJson) out(`${JSON.stringify({version: 1, ...result}, null, 2)}\n`);
  else out(run === null ? 'Nothing to do: nothing is applied.\n' : '\nDry run: nothing was written.\n');
  return exitCodes.done;
};
