import type {CommandArtifact} from '../../artifacts/artifact.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {looksAt} from '../../facts/file-table.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, nothingLater, plainLoader} from '../boot-chain.ts';
import {
  argumentsEffect,
  editOfPlan,
  kernelCommandLineFiles,
  kernelCommandLinePath,
  readKernelCommandLine,
  renderKernelCommandLine,
} from '../command-line/kernel-cmdline-file.ts';

/** Proxmox VE with systemd-boot: its tool writes the entries of all EFI partitions from /etc/kernel/cmdline. */
const render = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): Rendered => {
  const {add, remove, ownedKeys} = plan.kernelArguments;
  if (add.length + remove.length + ownedKeys.length === 0) return {artifacts: [], findings: []};
  const file = facts.files[kernelCommandLinePath];
  if (file === undefined) return {artifacts: [], findings: add.length + remove.length === 0 ? [] : [missing]};
  const rendered = renderKernelCommandLine(file, plan);
  const images = maker?.triggers ?? [];
  const effect = argumentsEffect({kind: 'partitions', listPath}, [file.text ?? ''], '', editOfPlan(plan));
  return {
    ...rendered,
    artifacts: [...rendered.artifacts, {...refresh, effect, triggers: [...refresh.triggers, ...images]}],
  };
};

/** One for each partition that the tool fills. */
const listPath = '/etc/kernel/proxmox-boot-uuids';

const argv: CommandArtifact['argv'] = ['/usr/sbin/proxmox-boot-tool', 'refresh'];

/** Wanted after a new initramfs too, which the tool copies to the EFI partitions. */
const refresh: CommandArtifact = {
  kind: 'command',
  argv,
  undo: argv,
  triggers: [kernelCommandLinePath],
  timeoutSeconds: 600,
  why: ['The EFI partitions hold copies of kernel, initramfs and arguments, which this tool brings up to date.'],
};

const missing: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: kernelCommandLinePath,
  message: `${kernelCommandLinePath} does not exist, although proxmox-boot-tool reads the kernel arguments from it.`,
  remedy: `Write the present arguments into it on one line (see /proc/cmdline, without initrd= and BOOT_IMAGE=), then run the command again.`,
};

export const proxmoxBootTool: BootChain = {
  name: 'proxmox-boot-tool',
  detection: {
    ...plainLoader,
    evidence: ({source}) =>
      source.exists(listPath)
        ? [
            {
              loader: 'proxmox-boot-tool',
              strength: 'files',
              sentence: `${listPath} exists: proxmox-boot-tool fills the EFI partitions.`,
            },
          ]
        : [],
    writesFor: ['systemd-boot', 'uki', 'efi-stub'],
    whenOtherStarted: 'nothing',
    // Both are on each such host; GRUB starts it under BIOS, and it would have left BOOT_IMAGE= on the command line.
    settle: (files, {firmware, commandLine}) => {
      if (!files.has('grub')) return null;
      if (firmware === 'bios') return ['grub'];
      return commandLine === null ? null : ['proxmox-boot-tool'];
    },
  },
  files: [...kernelCommandLineFiles, looksAt('/etc/kernel', 'proxmox-boot-uuids')],
  readOwn: () => null,
  nextArguments: (files) => {
    const line = readKernelCommandLine(files[kernelCommandLinePath]);
    return line === null ? null : [line];
  },
  writer: {
    render,
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [kernelCommandLinePath],
    promises: () => [],
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => ({
    by: 'file',
    path: kernelCommandLinePath,
    place: `the line in ${kernelCommandLinePath}`,
    refresh: 'proxmox-boot-tool refresh',
  }),
  byHand: addByHand,
};
