import type {FileFacts, HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact} from '../artifact.ts';
import {argumentsEffect} from '../command-line/arguments-effect.ts';
import {editOfPlan, reasonsOfPlan} from '../command-line/edit-of-plan.ts';
import {initramfsBackend} from '../initramfs/systems.ts';
import {judgeReadable} from '../own-file.ts';
import type {Rendered} from '../rendered.ts';
import {editKernelstub} from './edit-kernelstub.ts';
import {readEntryOptions} from './loader-entry.ts';

export const kernelstubPath = '/etc/kernelstub/configuration';

/**
 * Pop!_OS: kernelstub writes the entries of the newest kernel and of the one before from its configuration, and copies both
 * with their images to the EFI partition, at each update of a kernel or an image. Not through its options: `-d` gives the
 * arguments back in another order (kernelstub: application.py).
 */
export const renderKernelstub = (facts: HostFacts, plan: Plan): Rendered => {
  const edit = editOfPlan(plan);
  const images = initramfsBackend(facts, plan.initramfs)?.triggers ?? [];
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length + images.length === 0) return {artifacts: [], findings: []};
  const file = facts.files[kernelstubPath];
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editKernelstub(file?.text ?? '', edit);
  if (!edited.ok) return {artifacts: [], findings: [notEditable(edited.reason)]};
  const entries = entriesOf(facts);
  const lines = entries.map((entry) => readEntryOptions(entry.text ?? ''));
  const effect = argumentsEffect({kind: 'entries', paths: entries.map(({path}) => path)}, lines, file?.text ?? '', edit);
  const command: CommandArtifact = {kind: 'command', argv, undo: argv, triggers: [kernelstubPath, ...images], timeoutSeconds: 300, effect, why: ['It writes the boot entries and copies kernels and images to the EFI partition.']};
  if (edited.text === file?.text) return {artifacts: [command], findings: []};
  return {
    artifacts: [{kind: 'file', path: kernelstubPath, text: edited.text, encoding: 'utf8', mode: 0o644, installer: 'file', why: reasonsOfPlan(plan)}, command],
    findings: [overwrites(entries)],
  };
};

const argv: CommandArtifact['argv'] = ['/usr/bin/kernelstub'];

const entriesOf = ({files}: HostFacts): readonly FileFacts[] => Object.values(files).filter((file) => /\/loader\/entries\/[^/]+-(?:current|oldkern)\.conf$/.test(file.path));

const overwrites = (entries: readonly FileFacts[]): Finding => ({
  code: 'boot-entry-overwritten',
  severity: 'warning',
  subject: kernelstubPath,
  message: `kernelstub writes over ${entries.map(({path}) => path).join(' and ') || 'its boot entries'} on the EFI partition, and over the images there, as it does at each update: there is no entry from before to go back to.`,
  remedy: 'Do not cut the power while it runs, and keep the recovery partition or a medium at hand for the first boot.',
});

const notEditable = (reason: string): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: kernelstubPath,
  message: `${kernelstubPath} can't be edited safely: ${reason}.`,
  remedy: 'Run sudo kernelstub, which writes the file in its own form, then run the command again.',
});
