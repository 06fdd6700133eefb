import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact} from '../artifact.ts';
import {argumentsEffect} from '../command-line/arguments-effect.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {kernelCommandLinePath, renderKernelCommandLine} from '../command-line/kernel-cmdline-file.ts';
import type {Rendered} from '../rendered.ts';
import {editEntry, readEntryOptions} from './loader-entry.ts';
import {readSnapshotEntries} from './snapshot-entries.ts';
import type {SnapshotEntries} from './snapshot-entries.ts';

/**
 * openSUSE with systemd-boot or GRUB2-BLS: sdbootutil writes the entries on the EFI partition from /etc/kernel/cmdline.
 * It does so in place, entry by entry, but only for the snapshot that runs (sdbootutil: update_entry_conf copies over
 * the old file). We don't write them ourselves: sdbootutil alone predicts the TPM's measurements anew, without which an
 * encrypted root stays locked. So it is run where an entry of another snapshot stays to start from.
 */
export const renderSdbootutil = (facts: HostFacts, plan: Plan): Rendered => {
  const {add, remove, ownedKeys} = editOfPlan(plan);
  const {byAddress, initramfsModules} = plan.binding;
  const hasImage = byAddress.length + initramfsModules.length > 0;
  if (add.length + remove.length + ownedKeys.length === 0 && !hasImage) return {artifacts: [], findings: []};
  const entries = readSnapshotEntries(facts);
  const findings = add.length + remove.length === 0 && !hasImage ? [] : judgeEntries(entries, add);
  const file = facts.files[kernelCommandLinePath];
  if (file === undefined) return {artifacts: [], findings: add.length + remove.length === 0 ? findings : [...findings, missingFile]};
  const rendered = renderKernelCommandLine(file, plan);
  return {artifacts: [...rendered.artifacts, ...(rendered.findings.length > 0 ? [] : updates(entries, file.text ?? '', plan))], findings: [...findings, ...rendered.findings]};
};

const argv: CommandArtifact['argv'] = ['/usr/bin/sdbootutil', 'update-all-entries'];

/** Entries that lack an argument want the command for its own sake: so a later look tells whether it took effect. */
const updates = ({own, written}: SnapshotEntries, source: string, plan: Plan): readonly CommandArtifact[] => {
  const edit = editOfPlan(plan);
  const isDone = own.every((entry) => {
    const edited = editEntry(entry.text ?? '', edit);
    return edited.ok && edited.text === entry.text;
  });
  return [{
    kind: 'command',
    argv,
    undo: argv,
    triggers: isDone ? [kernelCommandLinePath] : [],
    timeoutSeconds: 600,
    effect: argumentsEffect({kind: 'entries', paths: written.map(({path}) => path)}, written.map(({text}) => readEntryOptions(text ?? '')), source, edit),
    why: ['The entries on the EFI partition hold copies of these arguments, which this tool brings up to date.'],
  }];
};

const judgeEntries = ({own, others}: SnapshotEntries, add: readonly string[]): readonly Finding[] => {
  if (own.length === 0) return [noEntries];
  return others.length === 0 ? [nothingToFallBackOn(add)] : [];
};

const noEntries: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: '/boot/efi/loader/entries',
  message: 'sdbootutil keeps the boot entries in loader/entries of the EFI partition, and none can be read there.',
  remedy: 'Run the command as root, with the EFI partition mounted.',
};

const nothingToFallBackOn = (add: readonly string[]): Finding => ({
  code: 'boot-entry-alone',
  severity: 'blocker',
  subject: '/boot/efi/loader/entries',
  message: 'All boot entries start the snapshot that runs now, and sdbootutil writes over each of them: a power cut there, or an argument that does not boot, would leave nothing to start.',
  remedy: `Make a snapshot first (snapper create --description before-passthrough), which gets an entry of its own, then run the command again. By hand: ${add.length === 0 ? '' : `add ${add.join(' ')} to ${kernelCommandLinePath}, then `}sdbootutil mkinitrd and sdbootutil update-all-entries.`,
});

const missingFile: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: kernelCommandLinePath,
  message: `${kernelCommandLinePath} does not exist, although sdbootutil reads the kernel arguments from it.`,
  remedy: 'Write the present arguments into it on one line (see /proc/cmdline, without initrd= and BOOT_IMAGE=), then run the command again.',
};
