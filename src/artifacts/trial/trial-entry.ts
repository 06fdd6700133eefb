import type {GrubEntry, GrubMenu} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import type {EditedCommandLine} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {trialArgument, trialEntryId, trialImagePath} from './trial-paths.ts';

const begin = '# BEGIN vfio-pilot trial';
const end = '# END vfio-pilot trial';
const block = new RegExp(`(?<=^|\\n)${begin}[^\\n]*\\n(?:[^\\n]*\\n)*?${end}[^\\n]*(?:\\n|$)`);

export const customMenuPath = ({directory}: GrubMenu): string => `${directory}/custom.cfg`;

/** Text of custom.cfg with our entry behind what is there; `null` when the marks of an earlier one are damaged. */
export const editCustomMenu = (text: string, entry: string): string | null => {
  const foreign = text.replace(block, '');
  if (foreign.includes(begin) || foreign.includes(end)) return null;
  return `${foreign}${foreign === '' || foreign.endsWith('\n') ? '' : '\n'}${begin}\n${entry}${end}\n`;
};

export type TrialBoot = {readonly token: string; readonly watchdog: string | null};

/**
 * Arguments of the running entry with those of the plan. What modprobe.d will hold comes along as arguments, which
 * modprobe reads too (kmod: modprobe(8)); a panic and a root that can't be found end in a reboot (kernel: `panic=`,
 * initramfs-tools(7): `panic=`); systemd feeds the watchdog from version 250 on (kernel-command-line(7)).
 */
export const trialArguments = ({arguments: present}: GrubEntry, plan: Plan, {token, watchdog}: TrialBoot): EditedCommandLine => {
  const edit = editOfPlan(plan);
  const options = plan.binding.moduleOptions.map(({module, parameter, value}) => `${module}.${parameter}=${value}`);
  const edited = editCommandLine(present, {...edit, add: [...edit.add, ...options]});
  if (!edited.ok) return edited;
  // Of several the last one counts.
  return {ok: true, text: [edited.text, 'panic=10', ...(watchdog === null ? [] : ['systemd.watchdog_sec=60']), `${trialArgument}=${token}`].join(' ')};
};

/**
 * An entry that GRUB leaves by itself whatever is missing: without the last line it would wait in its menu for a key
 * (seen with GRUB 2.06, whose `fallback` by id does not help).
 */
export const renderTrialEntry = ({kernel, images, preparation}: GrubEntry, commandLine: string, release: string): string => {
  const ownImages = images.map((image) => (isInitramfs(image, release) ? siblingOf(image) : image));
  return `menuentry 'vfio-pilot: one boot on trial' --id ${trialEntryId} {
${preparation.map((line) => `\t${line}\n`).join('')}\tif linux ${kernel} ${commandLine}; then
\t\tif initrd ${ownImages.join(' ')}; then
\t\t\tboot
\t\tfi
\tfi
\treboot
}
`;
};

export const isInitramfs = (image: string, release: string): boolean => image.endsWith(`/initrd.img-${release}`);

/** Where /boot is a file system of its own, GRUB names its files without /boot. */
const siblingOf = (image: string): string => `${image.slice(0, image.lastIndexOf('/'))}${trialImagePath.slice('/boot'.length)}`;
