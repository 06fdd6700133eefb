import {lateEntries} from '../artifacts/chains/late-entries.ts';
import type {LateEntry} from '../artifacts/chains/late-entries.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import type {Plan} from '../plan/plan.ts';
import {readHistory, readPlanOf} from '../transaction/history.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import {rollback as rollBack} from '../transaction/rollback.ts';
import {printable} from '../ui/printable.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {readLaterKernels} from './later-kernels.ts';
import type {LaterKernels} from './later-kernels.ts';
import {startMachine} from './start-machine.ts';

export const rollback = async (context: CommandContext): Promise<number> => {
  const {options, out} = context;
  const root = await chooseRoot(context);
  const machine = await startMachine(context, root);
  const [id] = options.positionals;
  const entry = readHistory(machine).find((one) => (id === undefined ? one.state === 'applied' : one.id === id));
  const applied = entry?.state === 'applied' ? decodeAppliedPlan(readPlanOf(machine, entry.id)) : null;
  const later = applied === null || entry === undefined ? null : readLaterKernels(machine, (await openHost(context, root)).facts, applied.plan, entry);
  if (entry?.state === 'applied' && !options.isJson) {
    out(`Run ${entry.id} of profile ${printable(entry.profile)}, ${entry.startedAt}, is to be undone:\n${describePaths(entry, later)}`);
  }
  if (entry?.state === 'applied' && !(await confirm(context, 'rollback'))) {
    out('Left as it was.\n');
    return exitCodes.done;
  }
  const result = await rollBack(machine, {...(id === undefined ? {} : {id}), ...later?.request}, describeProgress(context, machine.isLive), context.signal);
  if (options.isJson) out(`${JSON.stringify({version: 1, ...result}, null, 2)}\n`);
  else if (result.outcome === 'nothing-to-do') out('Nothing to do: nothing is applied.\n');
  else out(`Restored to the byte: ${result.paths.length} paths of run ${result.id}.\n${machine.isLive ? 'Reboot; the card is with its own driver again afterwards.\n' : ''}`);
  context.err((later?.left ?? []).map(({file: {path}}) => describeLeft(path)).join(''));
  if (applied !== null) context.err((later?.images ?? []).map((path) => describeImage(path, applied.plan)).join(''));
  if (applied !== null && result.paths.includes(kernelCommandLinePath)) {
    const left = lateEntries((await openHost(context, root)).facts, applied.plan);
    context.err(left.map((late) => describeLate(late, later?.line ?? null)).join(''));
  }
  return exitCodes.done;
};

const describePaths = ({paths}: HistoryEntry, later: LaterKernels | null): string => {
  const gone = later?.request.gone ?? [];
  return [
    ...paths.filter((path) => !gone.includes(path)).map((path) => `  restore ${printable(path)}\n`),
    ...(later?.request.texts ?? []).map(({path}) => `  take the arguments from ${printable(path)}, whose kernel was installed since\n`),
    ...gone.map((path) => `  leave ${printable(path)} away: its kernel was removed since\n`),
  ].join('');
};

const describeLeft = (path: string): string =>
  `${printable(path)} was written while the arguments were there, and has only some of them by now: it stays as it is.\nLook at its line of options, and take from it what you do not want.\n`;

/** Over an image that starts the system nothing is written by us: on FAT a power cut would lose both. */
const describeImage = (path: string, {initramfs}: Plan): string =>
  `${printable(path)} was made anew since, and holds what was applied until it is made once more.\nDo that as after an update of its kernel (${makers[initramfs ?? 'dracut']}), then reboot.\n`;

const makers = {'initramfs-tools': 'update-initramfs -u -k all', dracut: 'kernel-install add-all', mkinitcpio: 'mkinitcpio -P', booster: '/usr/lib/booster/regenerate_images'} as const;

const describeLate = ({path, release}: LateEntry, line: string | null): string =>
  `${printable(path)} was written while the arguments were there, and has them still.\n${line === null ? 'Start an entry from before, as kernel-install takes the arguments of the running kernel here; then run' : 'Run'} kernel-install add ${release} with its image to have it written anew.\n`;
