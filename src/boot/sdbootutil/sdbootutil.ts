import {earlyBinding} from '../../binding/early-binding.ts';
import type {CommandArtifact} from '../../artifacts/artifact.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import {ownValue} from '../../decode/own-value.ts';
import type {BootLoader} from '../../facts/boot.ts';
import {looksAt} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {editEntry, readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';
import {dracut, dracutLister, dracutMembers} from '../../image/dracut.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, type Evidence, nothingLater, plainLoader} from '../boot-chain.ts';
import {
  argumentsEffect,
  editOfPlan,
  kernelCommandLineFiles,
  kernelCommandLinePath,
  readKernelCommandLine,
  renderKernelCommandLine,
} from '../command-line/kernel-cmdline-file.ts';
import {entryFiles, linuxEntries} from '../entries/linux-entries.ts';

type SnapshotEntries = {
  /** Of the snapshot that runs: sdbootutil writes these. */
  readonly own: readonly FileFacts[];
  /** Those among them that name the root file system of now: another one may keep entries on the same partition. */
  readonly written: readonly FileFacts[];
  /** Of other snapshots: they stay unchanged, and start the machine whatever happens to the first. */
  readonly others: readonly FileFacts[];
};

/** Entries by the snapshot that they start, as sdbootutil tells them apart: by `rootflags=subvol=`. */
const readSnapshotEntries = (facts: HostFacts): SnapshotEntries => {
  const running = subvolumeOf(facts.boot.commandLine ?? '');
  const entries = linuxEntries(facts.files).filter((file) => /^\s*options[ \t]/m.test(file.text ?? ''));
  const isOther = (file: FileFacts): boolean => {
    const subvolume = subvolumeOf(file.text ?? '');
    return running !== null && subvolume !== null && subvolume !== running;
  };
  const own = entries.filter((file) => !isOther(file));
  const isWritten = ({text}: FileFacts): boolean =>
    rootOf(text ?? '') === rootOf(facts.boot.commandLine ?? '') && subvolumeOf(text ?? '') === running;
  return {own, written: own.filter(isWritten), others: entries.filter(isOther)};
};

const rootOf = (text: string): string | null => /(?:^|\s)root=(\S+)/.exec(text)?.[1] ?? null;

const subvolumeOf = (text: string): string | null =>
  /(?:^|\s)rootflags=subvol=(\S*\/\.snapshots\/\d+\/snapshot)(?=[\s,]|$)/m.exec(text)?.[1] ?? null;

/**
 * openSUSE with systemd-boot or GRUB2-BLS: sdbootutil writes the entries on the EFI partition from /etc/kernel/cmdline.
 * It does so in place, entry by entry, but only for the snapshot that runs (sdbootutil: update_entry_conf copies over
 * the old file). We don't write them ourselves: sdbootutil alone predicts the TPM's measurements anew, without which an
 * encrypted root stays locked. So it is run where an entry of another snapshot stays to start from.
 */
const render = (facts: HostFacts, plan: Plan): Rendered => {
  const {add, remove, ownedKeys} = editOfPlan(plan);
  const {byAddress, initramfsModules} = plan.binding;
  const hasImage = byAddress.length + initramfsModules.length > 0;
  if (add.length + remove.length + ownedKeys.length === 0 && !hasImage) return {artifacts: [], findings: []};
  const entries = readSnapshotEntries(facts);
  const findings = add.length + remove.length === 0 && !hasImage ? [] : judgeEntries(entries, add);
  const file = facts.files[kernelCommandLinePath];
  if (file === undefined)
    return {artifacts: [], findings: add.length + remove.length === 0 ? findings : [...findings, missingFile]};
  const rendered = renderKernelCommandLine(file, plan);
  return {
    artifacts: [
      ...rendered.artifacts,
      ...(rendered.findings.length > 0 ? [] : updates(entries, file.text ?? '', plan)),
    ],
    findings: [...findings, ...rendered.findings],
  };
};

const argv: CommandArtifact['argv'] = ['/usr/bin/sdbootutil', 'update-all-entries'];

/** Entries that lack an argument want the command for its own sake: so a later look tells whether it took effect. */
const updates = ({own, written}: SnapshotEntries, source: string, plan: Plan): readonly CommandArtifact[] => {
  const edit = editOfPlan(plan);
  const isDone = own.every((entry) => {
    const edited = editEntry(entry.text ?? '', edit);
    return edited.ok && edited.text === entry.text;
  });
  return [
    {
      kind: 'command',
      argv,
      undo: argv,
      triggers: isDone ? [kernelCommandLinePath] : [],
      timeoutSeconds: 600,
      effect: argumentsEffect(
        {kind: 'entries', paths: written.map(({path}) => path)},
        written.map(({text}) => readEntryOptions(text ?? '')),
        source,
        edit,
      ),
      why: ['The entries on the EFI partition hold copies of these arguments, which this tool brings up to date.'],
    },
  ];
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
  message:
    'All boot entries start the snapshot that runs now, and sdbootutil writes over each of them: a power cut there, or an argument that does not boot, would leave nothing to start.',
  remedy: `Make a snapshot first (snapper create --description before-passthrough), which gets an entry of its own, then run the command again. By hand: ${add.length === 0 ? '' : `add ${add.join(' ')} to ${kernelCommandLinePath}, then `}sdbootutil mkinitrd and sdbootutil update-all-entries.`,
});

const missingFile: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: kernelCommandLinePath,
  message: `${kernelCommandLinePath} does not exist, although sdbootutil reads the kernel arguments from it.`,
  remedy:
    'Write the present arguments into it on one line (see /proc/cmdline, without initrd= and BOOT_IMAGE=), then run the command again.',
};

const mkinitrd: CommandArtifact['argv'] = ['/usr/bin/sdbootutil', 'mkinitrd'];

/**
 * dracut makes the images, and sdbootutil puts them on the EFI partition under the checksum of their content: a new one
 * is next to the old one, which entries of other snapshots go on using. So the entries tell which image is to be looked
 * into, and that it is already in place by then.
 */
const renderMkinitrd = (facts: HostFacts, plan: Plan): CommandArtifact => ({
  kind: 'command',
  argv: mkinitrd,
  undo: mkinitrd,
  triggers: dracut.triggers,
  timeoutSeconds: 1800,
  images: {
    kind: 'images',
    argv: dracutLister,
    entries: readSnapshotEntries(facts).written.flatMap(({path, text}) =>
      promised(facts, plan, path, releaseOf(text ?? '')),
    ),
  },
  why: [
    'Each kernel of this snapshot reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.',
  ],
});

type Promised = NonNullable<CommandArtifact['images']>['entries'];

const promised = (facts: HostFacts, plan: Plan, path: string, release: string | null): Promised => {
  const contains =
    release === null || earlyBinding(plan).canBind(facts, release) ? dracutMembers(facts, plan, release) : [];
  return contains.length === 0 ? [] : [{path, contains}];
};

/** `/TOKEN/RELEASE/linux-CHECKSUM` */
const releaseOf = (text: string): string | null => /^linux[ \t]+\/\S+?\/(\d+\.\d[^/\s]*)\//m.exec(text)?.[1] ?? null;

/** Whether it is safe to have entries written is judged with the boot loader. */
const maker: ImageMaker = {
  ...dracut,
  renderImages: (facts, plan) => [renderMkinitrd(facts, plan)],
  judgeImages: () => [],
};

/**
 * openSUSE's perl-bootloader: `LOADER_TYPE` of /etc/sysconfig/bootloader decides what its tools write. With loader
 * entries it is sdbootutil that writes them, whether systemd-boot or GRUB reads them.
 */
const evidence: BootChain['detection']['evidence'] = ({source}) => {
  const type = /^LOADER_TYPE=["']?([\w-]+)/m.exec(source.text('/etc/sysconfig/bootloader') ?? '')?.[1];
  const loaders = type === undefined ? [] : (ownValue(loadersOfType, type) ?? []);
  return loaders.map((loader): Evidence => ({
    loader,
    strength: 'files',
    sentence: `/etc/sysconfig/bootloader has LOADER_TYPE=${type}.`,
  }));
};

const loadersOfType: Readonly<Record<string, readonly BootLoader[]>> = {
  grub2: ['grub'],
  'grub2-efi': ['grub'],
  'grub2-bls': ['sdbootutil', 'grub-bls'],
  'systemd-boot': ['sdbootutil'],
};

export const sdbootutil: BootChain = {
  name: 'sdbootutil',
  detection: {
    ...plainLoader,
    evidence,
    needsUefi: true,
    writesFor: ['systemd-boot', 'uki', 'grub-bls', 'efi-stub'],
    whenOtherStarted: 'contradiction',
  },
  files: [looksAt('/etc/sysconfig', 'bootloader'), ...kernelCommandLineFiles, ...entryFiles],
  readOwn: () => null,
  nextArguments: (files) => {
    const line = readKernelCommandLine(files[kernelCommandLinePath]);
    return line === null ? null : [line];
  },
  writer: {
    render,
    rendersWholeHost: false,
    maker,
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [kernelCommandLinePath],
    promises: (_, plan) =>
      plan.kernelArguments.add.length === 0
        ? []
        : [
            {
              status: 'kept',
              promise: 'Each boot entry of this snapshot has the kernel arguments.',
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
