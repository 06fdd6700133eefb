import {lateEntries} from '../artifacts/chains/late-entries.ts';
import type {LateEntry} from '../artifacts/chains/late-entries.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import {renderDiff} from '../changes/unified-diff.ts';
import type {Plan} from '../plan/plan.ts';
import {type Edit, readEdits, refuseEdits} from '../transaction/edits.ts';
import {readHistory, readPlanOf} from '../transaction/history.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import {rollback as rollBack} from '../transaction/rollback.ts';
import {printable} from '../ui/printable.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeDiff} from './describe-preview.ts';
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
  const edits = entry?.state === 'applied' ? readEdits(machine, entry.id, later?.request.gone ?? []) : [];
  if (entry !== undefined && !options.hasKeepEdits) refuseEdits(edits, entry.id);
  if (entry?.state === 'applied' && !options.isJson) {
    out(`Run ${entry.id} of profile ${printable(entry.profile)}, ${entry.startedAt}, is to be undone:\n${describePaths(entry, later, edits)}${edits.map((edit) => describeEdit(edit, context.hasColor)).join('')}`);
  }
  if (entry?.state === 'applied' && !(await confirm(context, 'rollback'))) {
    out('Left as it was.\n');
    return exitCodes.done;
  }
  const result = await rollBack(machine, {...(id === undefined ? {} : {id}), ...later?.request, edits}, describeProgress(context, machine.isLive), context.signal);
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

const describePaths = ({paths}: HistoryEntry, later: LaterKernels | null, edits: readonly Edit[]): string => {
  const gone = later?.request.gone ?? [];
  return [
    ...paths.filter((path) => !gone.includes(path) && edits.every((edit) => edit.path !== path)).map((path) => `  restore ${printable(path)}\n`),
    ...(later?.request.texts ?? []).map(({path}) => `  take the arguments from ${printable(path)}, whose kernel was installed since\n`),
    ...gone.map((path) => `  leave ${printable(path)} away: its kernel was removed since\n`),
  ].join('');
};

const describeEdit = ({path, now, kept, isNew}: Edit, hasColor: boolean): string => {
  if (now.state === 'absent') return `  leave ${printable(path)} away: it was removed since\n`;
  if (kept === null) return `  leave ${printable(path)} as it is: it was edited since, and ${isNew ? 'all the rest of it was applied' : 'nobody can tell what was applied from that'}\n`;
  return `  take what was applied from ${printable(path)}, and keep what was edited since:\n${describeDiff(renderDiff(path, kept.present.toString('utf8'), kept.bytes.toString('utf8')), hasColor)}`;
};

const describeKept = ({path, now}: Edit): string => {
  if (now.state === 'absent') return '';
  const guest = /^\/etc\/libvirt\/qemu\/([^/]+)\.xml$/.exec(path)?.[1];
  return `${printable(path)} stays as it is, with what was applied and what was edited since.\n${guest === undefined ? '' : `virsh undefine ${printable(guest)} --keep-nvram takes the guest away.\n`}`;
};

const describeLeft = (path: string): string =>
  `${printable(path)} was written while the arguments were there, and has only some of them by now: it stays as it is.\nLook at its line of options, and take from it what you do not want.\n`;

/** Over an image that starts the system nothing is written by us: on FAT a power cut would lose both. */
const describeImage = (path: string, {initramfs}: Plan): string =>
  `${printable(path)} was made anew since, and holds what was applied until it is made once more.\nDo that as after an update of its kernel (${makers[initramfs ?? 'dracut']}), then reboot.\n`;

const makers = {'initramfs-tools': 'update-initramfs -u -k all', dracut: 'kernel-install add-all', mkinitcpio: 'mkinitcpio -P', booster: '/usr/lib/booster/regenerate_images'} as const;

const describeLate = ({path, release}: LateEntry, line: string | null): string =>
  `${printable(path)} was written while the arguments were there, and has them still.\n${line === null ? 'Start an entry from before, as kernel-install takes the arguments of the running kernel here; then run' : 'Run'} kernel-install add ${release} with its image to have it written anew.\n`;
