import {judgeReadable} from '../../artifacts/rendered.ts';
import type {GrubEntry, GrubMenu} from '../../facts/boot.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {FilesHoldEffect} from '../probes/files-hold.ts';
import {damagedMarks} from '../trial/judge-trial.ts';
import type {TrialLoader} from '../trial/trial-loader.ts';
import {trialEntryId, trialImageName, trialTitle} from '../trial/trial-units.ts';
import {grubFactsOf} from './grub-facts.ts';
import {listWords} from '../../words/list-words.ts';

const begin = '# BEGIN vfio-pilot trial';
const end = '# END vfio-pilot trial';
const block = new RegExp(`(?<=^|\\n)${begin}[^\\n]*\\n(?:[^\\n]*\\n)*?${end}[^\\n]*(?:\\n|$)`);

/** GRUB forgets the choice before it starts the entry, so whatever happens then, the next boot is the old one. */
export const grubTrial: TrialLoader = {
  judge: (facts) => {
    const menu = grubFactsOf(facts)?.menu ?? null;
    return menu === null ? ['the menu of GRUB can not be read (as root it can)'] : judgeMenu(facts, menu);
  },
  argumentsOf: (facts) => grubFactsOf(facts)?.menu?.running?.arguments ?? null,
  render: (facts, commandLine) => {
    const menu = grubFactsOf(facts)?.menu ?? null;
    if (menu === null || menu.running === null) return null;
    const path = `${menu.directory}/custom.cfg`;
    const unreadable = judgeReadable(facts.files[path]);
    if (unreadable !== null) return unreadable;
    const text = editCustomMenu(
      facts.files[path]?.text ?? '',
      renderGrubEntry(menu.running, commandLine, facts.kernel.release ?? ''),
    );
    if (text === null) return damagedMarks(path);
    return {
      imagePath: `/boot/${trialImageName}`,
      entry: {
        kind: 'file',
        path,
        text,
        encoding: facts.files[path]?.encoding ?? 'utf8',
        mode: 0o644,
        placing: 'first',
        by: 'writer',
        why: ['An entry that only a choice for one boot starts; grub.cfg reads this file, and is not changed.'],
      },
      chooseOnce: chooseOnce(menu.directory, path),
    };
  },
};

const judgeMenu = (
  {kernel}: HostFacts,
  {directory, running, readsCustom, obeysNextEntry, environmentObstacle}: GrubMenu,
): readonly string[] => [
  ...(running === null
    ? [`no entry of ${directory}/grub.cfg has the kernel and the arguments that this system was started with`]
    : []),
  ...(running === null || running.images.some((image) => isInitramfs(image, kernel.release ?? ''))
    ? []
    : [`the running entry starts ${listWords(running.images)}, which is no image of the running kernel`]),
  ...(readsCustom && obeysNextEntry
    ? []
    : [`${directory}/grub.cfg does not read custom.cfg, or does not obey next_entry`]),
  ...(environmentObstacle === null ? [] : [`${environmentObstacle}: it would start the trial again and again`]),
];

/** Text of custom.cfg with our entry behind what is there; `null` when the marks of an earlier one are damaged. */
const editCustomMenu = (text: string, entry: string): string | null => {
  const foreign = text.replace(block, '');
  if (foreign.includes(begin) || foreign.includes(end)) return null;
  return `${foreign}${foreign === '' || foreign.endsWith('\n') ? '' : '\n'}${begin}\n${entry}${end}\n`;
};

/**
 * An entry that GRUB leaves on its own whatever is missing: without the last line it would wait in its menu for a key
 * (seen with GRUB 2.06, whose `fallback` by id does not help).
 */
const renderGrubEntry = ({kernel, images, preparation}: GrubEntry, commandLine: string, release: string): string => {
  const ownImages = images.map((image) =>
    isInitramfs(image, release) ? `${image.slice(0, image.lastIndexOf('/'))}/${trialImageName}` : image,
  );
  return `menuentry '${trialTitle}' --id ${trialEntryId} {
${preparation.map((line) => `\t${line}\n`).join('')}\tif linux ${kernel} ${commandLine}; then
\t\tif initrd ${ownImages.join(' ')}; then
\t\t\tboot
\t\tfi
\tfi
\treboot
}
`;
};

const isInitramfs = (image: string, release: string): boolean => image.endsWith(`/initrd.img-${release}`);

/** The last step of all: until here nothing starts the entry. */
const chooseOnce = (directory: string, menuPath: string) => {
  const name = directory.endsWith('grub2') ? 'grub2' : 'grub';
  return {
    kind: 'command',
    argv: [`/usr/sbin/${name}-reboot`, trialEntryId],
    undo: [`/usr/bin/${name}-editenv`, `${directory}/grubenv`, 'unset', 'next_entry'],
    triggers: [menuPath],
    timeoutSeconds: 60,
    effect: {
      kind: 'files-hold',
      paths: [`${directory}/grubenv`],
      texts: [`next_entry=${trialEntryId}`],
    } satisfies FilesHoldEffect,
    why: ['The next boot starts the trial, and only that one: GRUB clears the choice before it starts the entry.'],
  } as const;
};
