import type {HostFacts} from '../../facts/host-facts.ts';
import {editEntry, editOptions, readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';
import {type CommandLineDifference, compareCommandLines, undoCommandLine} from '../../formats/kernel-line/edit.ts';
import type {Plan} from '../../plan/plan.ts';
import type {EditedEntry, LateGrubEntry} from '../boot-chain.ts';
import {editOfPlan} from '../command-line/kernel-cmdline-file.ts';
import {kernelEntries} from './kernel-entries.ts';

/**
 * GRUB of Fedora and RHEL: the entry of a kernel that was installed since has the arguments of the running one, and so
 * ours (Fedora: 20-grub.install, and 90-loaderentry.install of systemd).
 */
export const lateGrubEntries = (
  facts: HostFacts,
  plan: Plan,
  edited: readonly EditedEntry[],
): readonly LateGrubEntry[] => {
  const known = new Set(edited.map(({path}) => path));
  const {added, removed} = inAllOf(edited.flatMap(({before}) => differenceOf(before, plan)));
  if (added.length === 0) return [];
  return kernelEntries(facts.files)
    .filter(({path, state}) => state === 'file' && !known.has(path))
    .flatMap((file): readonly LateGrubEntry[] => {
      const has = new Set(readEntryOptions(file.text ?? '').split(/\s+/));
      if (!added.some((word) => has.has(word))) return [];
      const undone = editOptions(file.text ?? '', (line) => {
        const text = undoCommandLine(line, {added, removed});
        return text === null ? {ok: false, reason: 'it has only some of the arguments'} : {ok: true, text};
      });
      return [{file, text: undone.ok ? undone.text : null}];
    });
};

/** Edited entries that went with their kernels: updates keep a few of these only. */
export const goneGrubEntries = ({boot, files}: HostFacts, edited: readonly EditedEntry[]): readonly string[] =>
  edited.flatMap(({path, before}) => {
    const release = /^\s*linux[ \t]+\S*\/vmlinuz-(\S+)/m.exec(before)?.[1];
    return files[path] === undefined && release !== undefined && !boot.kernels.includes(release) ? [path] : [];
  });

const differenceOf = (before: string, plan: Plan): readonly CommandLineDifference[] => {
  const after = editEntry(before, editOfPlan(plan));
  return after.ok ? [compareCommandLines(readEntryOptions(before), readEntryOptions(after.text))] : [];
};

/** What one entry had of its own before says nothing about another. */
const inAllOf = (differences: readonly CommandLineDifference[]): CommandLineDifference => {
  const common = (words: (one: CommandLineDifference) => readonly string[]): readonly string[] =>
    (differences[0] === undefined ? [] : words(differences[0])).filter((word) =>
      differences.every((one) => words(one).includes(word)),
    );
  return {added: common(({added}) => added), removed: common(({removed}) => removed)};
};
