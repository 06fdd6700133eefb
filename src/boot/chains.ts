import type {Rendered} from '../artifacts/rendered.ts';
import type {BootFacts, BootSupport, InitramfsSystem} from '../facts/boot.ts';
import type {FileTable} from '../facts/file-table.ts';
import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import {type CommandLineEdit, editCommandLine} from '../formats/kernel-line/edit.ts';
import {holdsArgument} from '../formats/kernel-line/tokens.ts';
import type {ImageMaker, ImageSystem} from '../image/image-system.ts';
import {imageSystem, imageSystems} from '../image/systems.ts';
import type {Plan} from '../plan/plan.ts';
import {addByHand, type BootChain, type ChainWriter} from './boot-chain.ts';
import {firmwareFiles} from './efi-variables.ts';
import {editOfPlan} from './command-line/kernel-cmdline-file.ts';
import {efiStub} from './efi-stub/efi-stub.ts';
import {grubBls} from './grub-bls/grub-bls.ts';
import {grub} from './grub/grub.ts';
import {kernelstub} from './kernelstub/kernelstub.ts';
import {limineEntryTool} from './limine/limine-entry-tool.ts';
import {limine} from './limine/limine.ts';
import {nixos} from './nixos/nixos.ts';
import {proxmoxBootTool} from './proxmox-boot-tool/proxmox-boot-tool.ts';
import {refind} from './refind/refind.ts';
import {rpmOstree} from './rpm-ostree/rpm-ostree.ts';
import {sdbootutil} from './sdbootutil/sdbootutil.ts';
import {syslinux} from './syslinux/syslinux.ts';
import {systemdBoot} from './systemd-boot/systemd-boot.ts';
import {uki} from './uki/uki.ts';
import {xenCmdline} from './xen-cmdline/xen-cmdline.ts';

/** Every chain that is known. Their order is that of the evidence, and of the candidates where it is ambiguous. */
export const bootChains: readonly BootChain[] = [
  rpmOstree,
  nixos,
  xenCmdline,
  uki,
  efiStub,
  systemdBoot,
  refind,
  limine,
  limineEntryTool,
  proxmoxBootTool,
  kernelstub,
  sdbootutil,
  grub,
  grubBls,
  syslinux,
];

/** What a host boots with: handed to those who ask, so that one more of either is a line in a table. */
export type BootPorts = {readonly chains: readonly BootChain[]; readonly images: readonly ImageSystem[]};

export const bootPorts: BootPorts = {chains: bootChains, images: imageSystems};

/** What all of them read, each path once. */
export const fileTableOf = ({chains, images}: BootPorts = bootPorts): FileTable => [
  ...new Map(
    [...firmwareFiles, ...chains.flatMap(({files}) => files), ...images.flatMap(({files}) => files)].map((row) => [
      `${row.directory} ${row.names}`,
      row,
    ]),
  ).values(),
];

type Loaded = Pick<BootFacts, 'loader'>;

export const chainOf = ({loader}: Loaded, {chains}: BootPorts = bootPorts): BootChain | null =>
  chains.find(({name}) => name === loader) ?? null;

/** `null` where nothing is written. */
export const writerOf = (boot: Loaded, ports: BootPorts = bootPorts): ChainWriter | null =>
  chainOf(boot, ports)?.writer ?? null;

/** What makes the images of this host; `null` where we can't have any made. */
export const imageMakerOf = (
  boot: Loaded,
  initramfs: InitramfsSystem | null,
  ports: BootPorts = bootPorts,
): ImageMaker | null => writerOf(boot, ports)?.maker ?? imageSystem(initramfs, ports.images);

/** What the decisions need of the chain, asked once. */
export const askChain = (
  boot: Pick<BootFacts, 'loader' | 'initramfs' | 'own'>,
  files: Readonly<Record<string, FileFacts>>,
  ports: BootPorts = bootPorts,
): Pick<BootFacts, 'next' | 'hypervisorNext' | 'support'> => {
  const chain = chainOf(boot, ports);
  const writer = chain?.writer ?? null;
  const maker = imageMakerOf(boot, boot.initramfs, ports);
  const support: BootSupport = {
    isWritten: writer !== null && maker !== null,
    isProven: writer?.provenBy.some(({initramfs}) => initramfs === boot.initramfs) ?? false,
    claim: maker?.claim ?? null,
    isDeclarative: writer?.rendersWholeHost ?? false,
    lineEdit: chain?.lineEdit(boot.own) ?? null,
  };
  return {
    next: chain?.nextArguments(files, boot.own) ?? null,
    hypervisorNext: writer?.hypervisorLines?.(files, boot.own) ?? null,
    support,
  };
};

export const renderChain = (facts: HostFacts, plan: Plan, ports: BootPorts = bootPorts): Rendered => {
  const writer = writerOf(facts.boot, ports);
  if (plan.hypervisorArguments !== null && (writer === null || writer.hypervisorLines === null))
    return {artifacts: [], findings: [noHypervisorLine(facts, plan)]};
  if (writer !== null) return writer.render(facts, plan, imageMakerOf(facts.boot, plan.initramfs, ports));
  const edit = editOfPlan(plan);
  const isDone = edit.add.length + edit.remove.length === 0 || isRunning(facts, edit);
  return {artifacts: [], findings: isDone ? [] : [unsupported(facts, edit, chainOf(facts.boot, ports))]};
};

const noHypervisorLine = (facts: HostFacts, {kernelArguments, hypervisorArguments}: Plan): Finding => {
  const [kernel, hypervisor] = [kernelArguments, hypervisorArguments].map(
    (line) => line?.add.map(({text}) => text).join(' ') ?? '',
  );
  return {
    code: 'boot-chain-unsupported',
    severity: 'blocker',
    subject: 'kernelArguments',
    message: `Arguments must be written for the hypervisor and for its kernel, and this version can do that for GRUB only; here it is ${facts.boot.loader ?? 'an unknown boot loader'}.`,
    remedy: `Add by hand to the kernel of dom0: ${kernel}.${hypervisor === '' ? '' : ` To the hypervisor: ${hypervisor}.`}`,
  };
};

/** Somebody wrote them by hand and has booted with them: then nothing is left to write. */
const isRunning = ({boot}: HostFacts, edit: CommandLineEdit): boolean => {
  const edited = editCommandLine(boot.commandLine ?? '', edit);
  return edited.ok && edited.text === boot.commandLine;
};

/** `remove` may hold two spellings of one argument: only what is really there is named. */
const unsupported = (facts: HostFacts, {add, remove}: CommandLineEdit, chain: BootChain | null): Finding => {
  const {loader, loaderCandidates} = facts.boot;
  const isAmbiguous = loaderCandidates.length > 1;
  const lines = [facts.boot.commandLine ?? '', ...(facts.boot.next ?? [])];
  const present = remove.filter((text) => lines.some((line) => holdsArgument(line, text)));
  const tasks = [
    ...(add.length === 0 ? [] : [`${(chain?.byHand ?? addByHand)(facts)}: ${add.join(' ')}.`]),
    ...(present.length === 0 ? [] : [`Take out: ${present.join(' ')}.`]),
  ];
  return {
    code: 'boot-chain-unsupported',
    severity: 'blocker',
    subject: 'kernelArguments',
    message: isAmbiguous
      ? `Kernel arguments must be written, and it is unclear which boot loader starts this machine: ${loaderCandidates.join(' or ')}.`
      : `Kernel arguments must be written, and this version can't do that for ${loader ?? 'an unknown boot loader'}.`,
    remedy: isAmbiguous
      ? 'Remove the configuration of the one that is not used, then run the command again.'
      : `${tasks.join(' ')} Boot with them, then run the command again.`,
  };
};
