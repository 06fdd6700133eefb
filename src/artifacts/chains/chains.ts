import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {servedLoader} from '../../served-systems.ts';
import type {ServedLoader} from '../../served-systems.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import type {CommandLineEdit} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {renderGrub} from '../grub/render-grub.ts';
import type {Rendered} from '../rendered.ts';
import {renderGrubBls} from './grub-bls.ts';
import {renderKernelstub} from './kernelstub.ts';
import {limineConfiguration} from './limine-entries.ts';
import {renderLimine} from './limine.ts';
import {renderNixos} from './nixos.ts';
import {renderProxmoxBootTool} from './proxmox-boot-tool.ts';
import {renderSystemdBoot} from './systemd-boot.ts';
import {renderRpmOstree} from './rpm-ostree.ts';
import {renderSdbootutil} from './sdbootutil.ts';
import {renderUki} from './uki.ts';

type RenderChain = (facts: HostFacts, plan: Plan) => Rendered;

/** One way to write kernel arguments for each boot loader; what is not here is refused. */
const chains: Readonly<Record<ServedLoader, RenderChain>> = {
  grub: renderGrub,
  'grub-bls': renderGrubBls,
  'proxmox-boot-tool': renderProxmoxBootTool,
  'systemd-boot': renderSystemdBoot,
  kernelstub: renderKernelstub,
  'limine-entry-tool': renderLimine,
  nixos: renderNixos,
  'rpm-ostree': renderRpmOstree,
  sdbootutil: renderSdbootutil,
  uki: renderUki,
};

export const renderChain = (facts: HostFacts, plan: Plan): Rendered => {
  const served = servedLoader(facts.boot);
  if (served !== null) return chains[served](facts, plan);
  const edit = editOfPlan(plan);
  return {artifacts: [], findings: edit.add.length + edit.remove.length === 0 || isRunning(facts, edit) ? [] : [unsupported(facts, edit.add)]};
};

/** Somebody wrote them by hand and has booted with them: then nothing is left to write. */
const isRunning = ({boot}: HostFacts, edit: CommandLineEdit): boolean => {
  const edited = editCommandLine(boot.commandLine ?? '', edit);
  return edited.ok && edited.text === boot.commandLine;
};

const unsupported = (facts: HostFacts, add: readonly string[]): Finding => ({
  code: 'boot-chain-unsupported',
  severity: 'blocker',
  subject: 'kernelArguments',
  message: `Kernel arguments must be written, and this version can't do that for ${facts.boot.loader ?? 'an unknown boot loader'}.`,
  remedy: byHand(facts, add),
});

/** limine.conf holds all entries in one file on the EFI partition, and may be bound by a hash: it is never written by us. */
const byHand = (facts: HostFacts, add: readonly string[]): string => {
  const configuration = facts.boot.loader === 'limine' ? limineConfiguration(facts) : undefined;
  const how = configuration === undefined ? 'Add by hand' : `Copy the entry that works in ${configuration.path} under a title of its own, and add to the cmdline of the copy`;
  return `${how}: ${add.join(' ')}. Boot with them, then run the command again.`;
};
