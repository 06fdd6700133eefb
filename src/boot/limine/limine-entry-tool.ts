import type {CommandArtifact} from '../../artifacts/artifact.ts';
import {judgeReadable, type Rendered} from '../../artifacts/rendered.ts';
import {keeps} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {holdsArguments, readLimineEntries} from '../../formats/boot-entry/limine-conf.ts';
import type {CommandLineEdit} from '../../formats/kernel-line/edit.ts';
import {mkinitcpio, mkinitcpioLister, mkinitcpioMembers} from '../../image/mkinitcpio/mkinitcpio.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, nothingLater, plainLoader} from '../boot-chain.ts';
import {argumentsEffect, editOfPlan, refuseArguments, writeArguments} from '../command-line/kernel-cmdline-file.ts';
import {editLimineDefaults, limineDefaultsLines} from './limine-defaults.ts';
import {limineConfiguration, limineFiles} from './limine.ts';

const limineDefaultsPath = '/etc/default/limine';

/**
 * Limine with limine-entry-tool (CachyOS and others): entries and images are made from /etc/default/limine and
 * mkinitcpio's settings by limine-mkinitcpio, which writes its own entries anew and leaves the others. limine.conf is
 * one file for all entries, on FAT, and may be bound by a hash: it is never written by us. The tool is run where an
 * entry that it does not make is there to start instead, as those of snapshots are.
 */
const render = (facts: HostFacts, plan: Plan): Rendered => {
  const edit = editOfPlan(plan);
  const {byAddress, initramfsModules} = plan.binding;
  const hasArguments = edit.add.length + edit.remove.length > 0;
  const findings = hasArguments || byAddress.length + initramfsModules.length > 0 ? judgeEntries(facts, edit) : [];
  const file = facts.files[limineDefaultsPath];
  const command = update(facts, plan, file?.text ?? '');
  if (!hasArguments && edit.ownedKeys.length === 0) return {artifacts: [command], findings};
  if (file === undefined)
    return {
      artifacts: [command],
      findings: hasArguments ? [...findings, ...notEditable('it does not exist', edit).findings] : findings,
    };
  const rendered = renderDefaults(file, edit, plan);
  if (rendered.findings.length > 0)
    return {artifacts: [command], findings: hasArguments ? [...findings, ...rendered.findings] : findings};
  return {artifacts: [...rendered.artifacts, command], findings: [...findings, ...judgeDropIns(facts, edit)]};
};

const renderDefaults = (file: FileFacts, edit: CommandLineEdit, plan: Plan): Rendered => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editLimineDefaults(file.text ?? '', edit);
  return edited.ok ? writeArguments(file, edited.text, plan) : notEditable(edited.reason, edit);
};

/** Entries that lack an argument want the command for its own sake: so a later look tells whether it took effect. */
const update = (facts: HostFacts, plan: Plan, source: string): CommandArtifact => {
  const edit = editOfPlan(plan);
  const entries = generatedEntries(facts);
  const configuration = limineConfiguration(facts.files);
  const paths = configuration === undefined ? [] : [configuration.path];
  const contains = mkinitcpioMembers(facts, plan, null);
  return {
    kind: 'command',
    argv,
    undo: argv,
    triggers: entries.every((entry) => holdsArguments(entry, edit)) ? [limineDefaultsPath, ...mkinitcpio.triggers] : [],
    timeoutSeconds: 1800,
    effect: argumentsEffect(
      {kind: 'limine', paths},
      entries.flatMap(({commandLines}) => commandLines),
      source,
      edit,
    ),
    ...(contains.length === 0
      ? {}
      : {images: {kind: 'images', argv: mkinitcpioLister, entries: paths.map((path) => ({path, contains}))}}),
    why: [
      'Makes the entries of limine.conf from /etc/default/limine, and the images that they name.',
      ...(contains.length === 0
        ? []
        : [
            'Each kernel reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.',
          ]),
    ],
  };
};

const argv: CommandArtifact['argv'] = ['/usr/bin/limine-mkinitcpio'];

const entriesOf = (facts: HostFacts): ReturnType<typeof readLimineEntries> =>
  readLimineEntries(limineConfiguration(facts.files)?.text ?? '');

const generatedEntries = (facts: HostFacts): ReturnType<typeof readLimineEntries> =>
  entriesOf(facts).filter(({isGenerated}) => isGenerated);

const judgeEntries = (facts: HostFacts, {add}: CommandLineEdit): readonly Finding[] => {
  const path = limineConfiguration(facts.files)?.path ?? '/boot/limine.conf';
  const generated = generatedEntries(facts);
  if (facts.boot.initramfs !== 'mkinitcpio' || generated.length === 0)
    return [
      unknownSetUp(
        path,
        generated.length === 0
          ? 'no entry of limine-entry-tool can be read in it'
          : `the images come from ${facts.boot.initramfs ?? 'an unknown system'} and not from mkinitcpio`,
        add,
      ),
    ];
  const rootless = generated.find(({commandLines}) => commandLines.some((line) => !/(?:^|\s)root=\S/.test(line)));
  if (rootless !== undefined)
    return [unknownSetUp(path, `its entry ${rootless.title} has no root=, so that it would not start`, add)];
  return entriesOf(facts).length > generated.length ? [] : [nothingToFallBackOn(path, add)];
};

const unknownSetUp = (path: string, reason: string, add: readonly string[]): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: path,
  message: `${path} is not made here in a way that is known: ${reason}.`,
  remedy: `Run the command as root with ${path} mounted; or add by hand to ${limineDefaultsPath}: ${add.join(' ')}, make the entries anew, boot with them and set binding: libvirt.`,
});

const nothingToFallBackOn = (path: string, add: readonly string[]): Finding => ({
  code: 'boot-entry-alone',
  severity: 'blocker',
  subject: path,
  message: `limine-mkinitcpio makes every entry of ${path} anew: an argument that does not boot, or a mistake of the tool, would leave nothing to start.`,
  remedy: `Have another entry first: a snapshot (limine-snapper-sync), or a copy of the entry that works under a title of its own, without the line that calls it auto-generated. Then run the command again. By hand: add ${add.join(' ')} to KERNEL_CMDLINE[default] in ${limineDefaultsPath}, then run limine-mkinitcpio.`,
});

const notEditable = (reason: string, {add}: CommandLineEdit): Rendered =>
  refuseArguments(
    limineDefaultsPath,
    reason,
    `Write all arguments of the running kernel there as KERNEL_CMDLINE[default]="…" (see /proc/cmdline), or add ${add.join(' ')} by hand and run limine-mkinitcpio; then run the command again.`,
  );

/** They are read before /etc/default/limine, which can add to them and take nothing away. */
const judgeDropIns = ({files}: HostFacts, {ownedKeys, remove}: CommandLineEdit): readonly Finding[] =>
  Object.values(files)
    .filter(({path}) => isDropIn(path))
    .flatMap((file) => {
      const edited = editLimineDefaults(file.text ?? '', {add: [], ownedKeys, remove});
      return edited.ok && edited.text !== file.text ? [inDropIn(file.path)] : [];
    });

const inDropIn = (path: string): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: path,
  message: `${path} gives the kernel arguments that work against the plan, and ${limineDefaultsPath} can take nothing away from them.`,
  remedy:
    'Remove them from that file (copy one of /usr/share to /etc/limine-entry-tool.d first), then run the command again.',
});

const isDropIn = (path: string): boolean => /^\/(?:etc|usr\/share)\/limine-entry-tool\.d\//.test(path);

export const limineEntryTool: BootChain = {
  name: 'limine-entry-tool',
  detection: {
    ...plainLoader,
    evidence: ({source}) =>
      source.exists(limineDefaultsPath)
        ? [
            {
              loader: 'limine-entry-tool',
              strength: 'files',
              sentence: `${limineDefaultsPath} exists: limine-entry-tool writes the entries of Limine.`,
            },
          ]
        : [],
    writesFor: ['limine'],
    needsLoader: true,
    whenOtherStarted: 'nothing',
  },
  files: [
    keeps('/etc/default', 'limine'),
    keeps('/etc/limine-entry-tool.d', '*.conf'),
    keeps('/usr/share/limine-entry-tool.d', '*.conf'),
    ...limineFiles,
  ],
  readOwn: () => null,
  nextArguments: (files) => {
    const found = Object.values(files).filter(
      ({path, text}) => text !== null && (path === limineDefaultsPath || isDropIn(path)),
    );
    return found.length === 0 ? null : found.flatMap(({text}) => limineDefaultsLines(text ?? ''));
  },
  writer: {
    render,
    rendersWholeHost: false,
    // mkinitcpio's settings; the images are in places and with checksums that limine-mkinitcpio alone knows. It makes
    // the entries as well, and is a command of the chain, where it is judged whether that is safe.
    maker: {...mkinitcpio, renderImages: () => [], judgeImages: () => []},
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [limineDefaultsPath],
    promises: (_, plan) =>
      plan.kernelArguments.add.length === 0
        ? []
        : [
            {
              status: 'kept',
              promise: 'Each entry that limine-entry-tool makes has the kernel arguments.',
              fact: 'They are there.',
              remedy: null,
            },
          ],
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => null,
  byHand: addByHand,
};
