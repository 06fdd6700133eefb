import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact} from '../artifact.ts';
import {argumentsEffect} from '../command-line/arguments-effect.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {kernelCommandLinePath, renderKernelCommandLine} from '../command-line/kernel-cmdline-file.ts';
import {initramfsBackend} from '../initramfs/systems.ts';
import type {Rendered} from '../rendered.ts';

/** Proxmox VE with systemd-boot: its tool writes the entries of all EFI partitions from /etc/kernel/cmdline. */
export const renderProxmoxBootTool = (facts: HostFacts, plan: Plan): Rendered => {
  const {add, remove, ownedKeys} = plan.kernelArguments;
  if (add.length + remove.length + ownedKeys.length === 0) return {artifacts: [], findings: []};
  const file = facts.files[kernelCommandLinePath];
  if (file === undefined) return {artifacts: [], findings: add.length + remove.length === 0 ? [] : [missing]};
  const rendered = renderKernelCommandLine(file, plan);
  const images = initramfsBackend(facts, plan.initramfs)?.triggers ?? [];
  const effect = argumentsEffect({kind: 'partitions', listPath}, [file.text ?? ''], '', editOfPlan(plan));
  return {...rendered, artifacts: [...rendered.artifacts, {...refresh, effect, triggers: [...refresh.triggers, ...images]}]};
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
