import type {FileFacts, HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandLineEdit} from '../command-line/edit-command-line.ts';
import {editOfPlan, reasonsOfPlan} from '../command-line/edit-of-plan.ts';
import {kernelCommandLinePath, renderKernelCommandLine} from '../command-line/kernel-cmdline-file.ts';
import {grubDefaultsPath} from '../grub/choose-grub-target.ts';
import {editGrubDefaults} from '../grub/edit-grub-defaults.ts';
import {judgeReadable} from '../own-file.ts';
import {joinRendered} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import {editEntry, linuxEntries} from './loader-entry.ts';

/**
 * GRUB of Fedora and RHEL: the arguments of an installed kernel stand in its entry, of which each is edited, those of
 * future kernels in GRUB_CMDLINE_LINUX and, where it is there, in /etc/kernel/cmdline.
 *
 * Not through grubby, which changes nothing but the same line of the same files: it takes away every argument with the
 * key of an added one, so that of several `hugepagesz=` the foreign ones are lost, and what it did has no exact inverse.
 */
export const renderGrubBls = (facts: HostFacts, plan: Plan): Rendered => {
  const edit = editOfPlan(plan);
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length === 0) return {artifacts: [], findings: []};
  const entries = kernelEntries(facts);
  if (entries.length === 0) return {artifacts: [], findings: edit.add.length + edit.remove.length === 0 ? [] : [noEntries]};
  const commandLine = facts.files[kernelCommandLinePath];
  return joinRendered([
    ...entries.map((file) => renderEntry(file, edit, plan)),
    renderDefaults(facts.files[grubDefaultsPath], edit, plan),
    ...(commandLine === undefined ? [] : [renderKernelCommandLine(commandLine, plan)]),
  ]);
};

/** The entries that are to have our arguments. */
export const kernelEntries = (facts: HostFacts): readonly FileFacts[] =>
  linuxEntries(facts).filter((file) => file.path.startsWith('/boot/loader/entries/') && !isRescue(file));

/** Stays as it is: the entry that works whatever we did. */
const isRescue = (file: FileFacts): boolean => /(?:^|[-/])0-rescue(?:-[0-9a-f]{32})?\.conf$/.test(file.path);

const renderEntry = (file: FileFacts, edit: CommandLineEdit, plan: Plan): Rendered => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editEntry(file.text ?? '', edit);
  if (!edited.ok) return {artifacts: [], findings: [notEditable(file.path, edited.reason, edit)]};
  if (edited.text === file.text) return {artifacts: [], findings: []};
  return {artifacts: [{kind: 'file', path: file.path, text: edited.text, encoding: file.encoding, mode: 0o644, installer: 'file', why: reasonsOfPlan(plan)}], findings: []};
};

/** `grub2-mkconfig --update-bls-cmdline` and some versions of kernel-install take GRUB_CMDLINE_LINUX for new entries. */
const renderDefaults = (file: FileFacts | undefined, edit: CommandLineEdit, plan: Plan): Rendered => {
  if (file === undefined) return {artifacts: [], findings: []};
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editGrubDefaults(file.text ?? '', edit, file.path, 'GRUB_CMDLINE_LINUX');
  if (!edited.ok) return {artifacts: [], findings: [edited.finding]};
  if (edited.text === file.text) return {artifacts: [], findings: []};
  return {artifacts: [{kind: 'file', path: file.path, text: edited.text, encoding: file.encoding, mode: 0o644, installer: 'file', why: reasonsOfPlan(plan)}], findings: []};
};

const notEditable = (path: string, reason: string, edit: CommandLineEdit): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: path,
  message: `${path} can't be edited safely: ${reason}.`,
  remedy: `Add the arguments by hand, then run the command again: grubby --update-kernel=ALL --args="${edit.add.join(' ')}".`,
});

const noEntries: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: '/boot/loader/entries',
  message: 'GRUB takes kernel arguments from the entries in /boot/loader/entries, and none can be read there.',
  remedy: 'Run the command as root, with /boot mounted.',
};
