import type {LateEntry} from '../artifacts/chains/late-entries.ts';
import {renderDiff} from '../changes/unified-diff.ts';
import type {Plan} from '../plan/plan.ts';
import type {Machine} from '../system/machine.ts';
import type {ShownEdit} from '../transaction/edits.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';
import {describeDiff} from './describe-preview.ts';
import type {LaterKernels} from './later-kernels.ts';

/** What is to be undone; for a dry run with every byte of the files that are no images. */
export const describeRollback = ({options, hasColor}: CommandContext, machine: Machine, entry: HistoryEntry, later: LaterKernels | null, edits: readonly ShownEdit[]): string => {
  const gone = later?.request.gone ?? [];
  const restored = entry.paths.filter((path) => !gone.includes(path) && edits.every((edit) => edit.path !== path));
  return [
    `Run ${entry.id} of profile ${printable(entry.profile)}, ${entry.startedAt}, is to be undone:\n`,
    ...restored.map((path) => `  restore ${printable(path)}\n${options.isDryRun ? describeRestored(machine, entry, path, hasColor) : ''}`),
    ...(later?.request.texts ?? []).map(({path}) => `  take the arguments from ${printable(path)}, whose kernel was installed since\n`),
    ...gone.map((path) => `  leave ${printable(path)} away: its kernel was removed since\n`),
    ...edits.map((edit) => describeEdit(edit, hasColor)),
  ].join('');
};

const describeRestored = (machine: Machine, {backups}: HistoryEntry, path: string, hasColor: boolean): string => {
  const textAt = (file: string | undefined): string | null | undefined => {
    if (file === undefined || machine.stat(file)?.type !== 'file') return null;
    const bytes = machine.read(file);
    return bytes.includes(0) ? undefined : bytes.toString('utf8');
  };
  const [now, before] = [textAt(path), textAt(backups.find((one) => one.path === path)?.backup)];
  return now === undefined || before === undefined || now === before ? '' : describeDiff(renderDiff(path, now, before), hasColor);
};

const describeEdit = ({path, now, kept, isNew}: ShownEdit, hasColor: boolean): string => {
  if (now.state === 'absent') return `  leave ${printable(path)} away: it was removed since\n`;
  if (kept === null) return `  leave ${printable(path)} as it is: it was edited since, and ${isNew ? 'all the rest of it was applied' : 'nobody can tell what was applied from that'}\n`;
  return `  take what was applied from ${printable(path)}, and keep what was edited since:\n${describeDiff(renderDiff(path, kept.present.toString('utf8'), kept.bytes.toString('utf8')), hasColor)}`;
};

export const describeKept = ({path, now, backup}: ShownEdit): string => {
  const before = backup === null ? '' : `What ${printable(path)} held before the run is in ${backup}.\n`;
  if (now.state === 'absent') return before;
  const guest = /^\/etc\/libvirt\/qemu\/([^/]+)\.xml$/.exec(path)?.[1];
  return `${printable(path)} stays as it is, with what was applied and what was edited since.\n${before}${guest === undefined || backup !== null ? '' : `virsh undefine ${printable(guest)} --keep-nvram takes the guest away.\n`}`;
};

export const describeLeft = (path: string): string =>
  `${printable(path)} was written while the arguments were there, and has only some of them by now: it stays as it is.\nLook at its line of options, and take from it what you do not want.\n`;

/** Over an image that starts the system nothing is written by us: on FAT a power cut would lose both. */
export const describeImage = (path: string, {initramfs}: Plan): string =>
  `${printable(path)} was made anew since, and holds what was applied until it is made once more.\nDo that as after an update of its kernel (${makers[initramfs ?? 'dracut']}), then reboot.\n`;

const makers = {'initramfs-tools': 'update-initramfs -u -k all', dracut: 'kernel-install add-all', mkinitcpio: 'mkinitcpio -P', booster: '/usr/lib/booster/regenerate_images'} as const;

export const describeLate = ({path, release}: LateEntry, line: string | null): string =>
  `${printable(path)} was written while the arguments were there, and has them still.\n${line === null ? 'Start an entry from before, as kernel-install takes the arguments of the running kernel here; then run' : 'Run'} kernel-install add ${release} with its image to have it written anew.\n`;
