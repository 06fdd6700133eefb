import {joinRendered, judgeReadable, type Rendered} from '../../artifacts/rendered.ts';
import {keeps} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {editEntry} from '../../formats/boot-entry/loader-entry.ts';
import type {CommandLineEdit} from '../../formats/kernel-line/edit.ts';
import {withoutOwnBlock} from '../../formats/own-block.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, nothingLater, plainLoader} from '../boot-chain.ts';
import {
  editOfPlan,
  kernelCommandLineFiles,
  kernelCommandLinePath,
  refuseArguments,
  renderKernelCommandLine,
  writeArguments,
} from '../command-line/kernel-cmdline-file.ts';
import {entryFiles, linuxEntries, optionsOf} from '../entries/linux-entries.ts';
import {grubDefaultsPath} from '../grub/choose-grub-target.ts';
import {editGrubDefaults} from '../grub/edit-grub-defaults.ts';
import {grubFiles, grubSettings, readGrubFacts} from '../grub/grub-settings.ts';
import {renderConfiguration} from '../grub/render-grub-target.ts';
import {kernelEntries} from './kernel-entries.ts';
import {goneGrubEntries, lateGrubEntries} from './late-grub-entries.ts';
import {entriesPromise, mkconfigOptions, nextXenArguments, renderXenEntry, xenLines} from './xen-entry.ts';

/**
 * GRUB of Fedora and RHEL: the arguments of an installed kernel are in its entry, of which each is edited, those of
 * future kernels in GRUB_CMDLINE_LINUX and, where it is there, in /etc/kernel/cmdline.
 *
 * Not through grubby, which changes nothing but the same line of the same files: it takes away every argument with the
 * key of an added one, so that of several `hugepagesz=` the foreign ones are lost, and what it did has no exact inverse.
 */
const render = (facts: HostFacts, plan: Plan): Rendered => {
  if (plan.hypervisorArguments !== null) return renderXenEntry(facts, plan);
  const edit = editOfPlan(plan);
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length === 0) return {artifacts: [], findings: []};
  const entries = kernelEntries(facts.files);
  if (entries.length === 0)
    return {artifacts: [], findings: edit.add.length + edit.remove.length === 0 ? [] : [noEntries]};
  const commandLine = facts.files[kernelCommandLinePath];
  return joinRendered([
    ...entries.map((file) => renderEntry(file, edit, plan)),
    renderDefaults(facts, edit, plan),
    ...(commandLine === undefined ? [] : [renderKernelCommandLine(commandLine, plan)]),
  ]);
};

const renderEntry = (file: FileFacts, edit: CommandLineEdit, plan: Plan): Rendered => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editEntry(file.text ?? '', edit);
  return edited.ok
    ? writeArguments(file, edited.text, plan)
    : refuseArguments(
        file.path,
        edited.reason,
        `Add the arguments by hand, then run the command again: grubby --update-kernel=ALL --args="${edit.add.join(' ')}".`,
      );
};

/** `grub2-mkconfig --update-bls-cmdline` and some versions of kernel-install take GRUB_CMDLINE_LINUX for new entries. */
const renderDefaults = (facts: HostFacts, edit: CommandLineEdit, plan: Plan): Rendered => {
  const file = facts.files[grubDefaultsPath];
  if (file === undefined) return {artifacts: [], findings: []};
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  // Lines for the entries of Xen are of an earlier plan.
  const foreign = withoutOwnBlock(file.text ?? '');
  const edited = editGrubDefaults(foreign, edit, file.path, 'GRUB_CMDLINE_LINUX');
  if (!edited.ok) return {artifacts: [], findings: [edited.finding]};
  const written = writeArguments(file, edited.text, plan);
  return foreign === file.text
    ? written
    : {...written, artifacts: [...written.artifacts, renderConfiguration(facts, [], mkconfigOptions)]};
};

const noEntries: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: '/boot/loader/entries',
  message: 'GRUB takes kernel arguments from the entries in /boot/loader/entries, and none can be read there.',
  remedy: 'Run the command as root, with /boot mounted.',
};

export const grubBls: BootChain = {
  name: 'grub-bls',
  detection: {
    ...plainLoader,
    evidence: () => [],
    writesFor: ['grub'],
    modeOf: {
      loader: 'grub',
      holds: ({source}) =>
        grubSettings(source, 'GRUB_ENABLE_BLSCFG').at(-1) === 'true' && source.exists('/boot/loader/entries'),
      sentence:
        'GRUB_ENABLE_BLSCFG is true and /boot/loader/entries exists: GRUB takes kernel arguments from the entries there, not from /etc/default/grub.',
    },
  },
  files: [...grubFiles, keeps('/boot/grub2', 'grubenv'), ...entryFiles, ...kernelCommandLineFiles],
  readOwn: readGrubFacts,
  // What an installed kernel starts with is in its entry, whatever the other files say; under Xen, in none of them.
  nextArguments: (files, own) =>
    own?.kind === 'grub' && own.isUnderXen
      ? nextXenArguments(files, own)
      : optionsOf(linuxEntries(files).filter(({path}) => path.startsWith('/boot/loader/entries/'))),
  writer: {
    render,
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: false,
    hypervisorLines: xenLines,
    keptFiles: ({files}, {hypervisorArguments}) =>
      hypervisorArguments === null ? kernelEntries(files).map(({path}) => path) : [grubDefaultsPath],
    promises: (facts, plan) => (plan.hypervisorArguments === null ? [] : [entriesPromise(facts.files, plan)]),
    later: {
      ...nothingLater,
      compareEntries: (facts, plan, edited) => ({
        late: lateGrubEntries(facts, plan, edited),
        gone: goneGrubEntries(facts, edited),
      }),
    },
    trial: null,
    provenBy: [],
  },
  lineEdit: () => ({
    by: 'command',
    add: 'grubby --update-kernel=ALL --args=',
    remove: 'grubby --update-kernel=ALL --remove-args=',
  }),
  byHand: addByHand,
};
