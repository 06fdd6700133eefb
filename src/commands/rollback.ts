import type {LateEntry} from '../boot/boot-chain.ts';
import {comesWithBoot} from '../changes/comes-with-boot.ts';
import {renderDiff} from '../changes/compare-artifacts.ts';
import {listOf, literal, nullable, shape, text, wordOf} from '../decode/decode.ts';
import type {RollbackPlan, RolledBack} from '../hosts/host.ts';
import {imageSystem} from '../image/systems.ts';
import type {Plan} from '../plan/plan.ts';
import type {ShownEdit} from '../transaction/edits.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import {printable} from '../words/printable.ts';
import {type Command, exitCodes, type Style} from './command.ts';
import {describeDiff} from './describe-preview.ts';
import {rehearse, startWriting} from './writing.ts';
import {count} from '../words/count.ts';

type Options = {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly resume: boolean;
  readonly 'keep-edits': boolean;
};

type Ended = {
  readonly planned: RollbackPlan;
  readonly isLive: boolean;
  readonly outcome: 'nothing-to-do' | 'dry-run' | 'left' | 'rolled-back';
  /** What was done, or would be. */
  readonly result: RolledBack;
};

type Document = Pick<Ended, 'outcome'> & {
  readonly version: 1;
  readonly id: string | null;
  readonly paths: readonly string[];
  /** They keep what somebody edited since. */
  readonly edited: readonly string[];
  /** They have every old setting again, in an order of lines that is another program's. */
  readonly bySettings: readonly string[];
  /** Files that have some of what was applied, and were not changed. */
  readonly left: readonly string[];
  /** Images that hold what was applied until the system makes them anew. */
  readonly images: readonly string[];
  /** Boot entries that still have the arguments. */
  readonly late: readonly string[];
};

const texts = listOf(text);

export const rollback: Command<Options, Ended, Document> = {
  run: async (context) => {
    const {resume, 'keep-edits': keepEdits} = context.options;
    const [id = null] = context.positionals;
    const host = await context.host();
    const isPlayable = await startWriting(context, host, {resume, keepEdits});
    const planned = await host.planRollback({id, keepEdits, withDiffs: host.isDry});
    const {run, edits} = planned;
    if (planned.leftOut !== null) context.note(planned.leftOut);
    if (run !== null) context.show(describePlanned(planned, context.style));
    const end = (outcome: Ended['outcome'], result: RolledBack): Ended => ({
      planned,
      isLive: host.isLive,
      outcome,
      result,
    });
    const roll = (): Promise<RolledBack> => host.rollback(planned, context.onProgress, context.signal);
    const edited = edits.map(({path}) => path);
    const nothing: RolledBack = {id: null, outcome: 'nothing-to-do', paths: [], edited, bySettings: [], late: []};
    if (host.isDry) {
      if (run === null) return end('nothing-to-do', nothing);
      await rehearse(context, host, isPlayable, roll);
      return end('dry-run', {...nothing, id: run.id, paths: run.paths.filter((path) => !edited.includes(path))});
    }
    if (run !== null && !(await context.confirm('rollback'))) return end('left', nothing);
    const result = await roll();
    return end(result.outcome, result);
  },
  exitCode: () => exitCodes.done,
  document: ({outcome, planned, result: {late, ...result}}) => ({
    version: 1,
    ...result,
    outcome,
    left: (planned.later?.left ?? []).map(({file}) => file.path),
    images: planned.later?.images ?? [],
    late: late.map(({path}) => path),
  }),
  shape: shape<Document>({
    version: literal(1),
    id: nullable(text),
    outcome: wordOf<Ended['outcome']>({'nothing-to-do': true, 'dry-run': true, left: true, 'rolled-back': true}),
    paths: texts,
    edited: texts,
    bySettings: texts,
    left: texts,
    images: texts,
    late: texts,
  }),
  describe: ({outcome, isLive, planned: {plan}, result: {id, paths, edited, bySettings}}) =>
    ({
      'nothing-to-do': 'Nothing to do: nothing is applied.\n',
      'dry-run': '\nDry run: nothing was written.\n',
      left: 'Nothing was written.\n',
      'rolled-back': `Restored to the byte: ${count(paths.length - bySettings.length, 'path')} of run ${id}${edited.length === 0 ? '' : `; ${edited.length} keep what was edited since`}.\n${bySettings.map((path) => `${printable(path)} has every old setting again; the order of its lines is that of its own program.\n`).join('')}${isLive ? describeReboot(plan) : ''}`,
    })[outcome],
  remark: ({outcome, planned, result}) => (outcome === 'rolled-back' ? describeRest(planned, result) : ''),
};

const describeReboot = (plan: Plan | null): string =>
  comesWithBoot(plan) ? 'Reboot; the card is with its own driver again afterwards.\n' : 'No reboot is needed.\n';

/** What is to be undone; for a dry run with every byte of the files that are no images. */
const describePlanned = ({run, later, edits, undone}: RollbackPlan, {hasColor}: Style): string =>
  [
    `Run ${run?.id} of profile ${printable(run?.profile ?? '')}, ${run?.startedAt}, is to be undone:\n`,
    ...undone.map(
      ({path, fate, diff}) =>
        `  ${fate.padEnd(7)} ${printable(path)}\n${diff === '' ? '' : describeDiff(diff, hasColor)}`,
    ),
    ...describeLater(later).map((sentence) => `  ${sentence}\n`),
    ...edits.map((edit) => describeEdit(edit, hasColor)),
  ].join('');

/** What became of kernels since, and what the rollback makes of it. */
export const describeLater = (later: RollbackPlan['later']): readonly string[] => [
  ...(later?.request.texts ?? []).map(
    ({path}) => `take the arguments from ${printable(path)}, whose kernel was installed since`,
  ),
  ...(later?.request.gone ?? []).map((path) => `do not bring ${printable(path)} back: its kernel was removed since`),
];

const describeEdit = ({path, now, kept, isNew}: ShownEdit, hasColor: boolean): string => {
  if (now.state === 'absent') return `  do not bring ${printable(path)} back: it was removed since\n`;
  if (kept === null)
    return `  leave ${printable(path)} alone: it was edited since, and ${isNew ? 'all the rest of it was applied' : 'what was applied cannot be separated from that'}\n`;
  return `  take what was applied from ${printable(path)}, and keep what was edited since:\n${describeDiff(renderDiff(path, kept.present.toString('utf8'), kept.bytes.toString('utf8')), hasColor)}`;
};

/** What a person still has to do, or to know. */
export const describeRest = ({edits, later, plan}: RollbackPlan, {late}: RolledBack): string =>
  [
    ...edits.filter(({kept}) => kept === null).map(describeKept),
    ...(later?.left ?? []).map(({file: {path}}) => describeLeft(path)),
    ...(plan === null ? [] : (later?.images ?? []).map((path) => describeImage(path, plan))),
    ...late.map((entry) => describeLate(entry, later?.line ?? null)),
  ].join('');

const describeKept = ({path, now, backup}: ShownEdit): string => {
  const before = backup === null ? '' : `What ${printable(path)} held before the run is in ${backup}.\n`;
  if (now.state === 'absent') return before;
  const guest = /^\/etc\/libvirt\/qemu\/([^/]+)\.xml$/.exec(path)?.[1];
  return `${printable(path)} was not changed: it has what was applied and what you edited since.\n${before}${guest === undefined || backup !== null ? '' : `virsh undefine ${quoteForShell(printable(guest))} --keep-nvram takes the guest away.\n`}`;
};

const describeLeft = (path: string): string =>
  `${printable(path)} was written while the arguments were there, and has only some of them now: it was not changed.\nLook at its line of options, and take from it what you do not want.\n`;

/** We write over no image that starts the system: on FAT a power cut would lose both. */
const describeImage = (path: string, {initramfs}: Plan): string =>
  `${printable(path)} was rebuilt since, and has what was applied until it is rebuilt again.\nDo that as after an update of its kernel (${imageSystem(initramfs)?.remake ?? 'kernel-install add-all'}), then reboot.\n`;

const describeLate = ({path, release}: LateEntry, line: string | null): string =>
  `${printable(path)} was written while the arguments were there, and still has them.\n${line === null ? 'Start an entry from before, as kernel-install takes the arguments of the running kernel here; then run' : 'Run'} kernel-install add ${release} with its image to have it written anew.\n`;
