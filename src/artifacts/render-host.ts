import type {FileFacts, HostFacts} from '../host/facts.ts';
import type {Finding} from '../findings.ts';
import type {Plan} from '../plan/plan.ts';
import type {Artifact, CommandArtifact} from './artifact.ts';
import {renderGrub} from './grub/render-grub.ts';
import {bootScriptPath, editInitramfsModules, initramfsModulesPath, renderBootScript} from './initramfs-tools.ts';
import {findModprobeConflicts, modprobePath, renderModprobe} from './modprobe.ts';
import {judgeOwnedFile, judgeReadable} from './own-file.ts';
import type {Rendered} from './rendered.ts';
import {initramfsTriggers, renderInitramfs} from './render-initramfs.ts';
import {hugepagesUnitPath, hugepagesWantsPath, renderHugepagesUnit} from './systemd-hugepages.ts';

/** Everything on the host outside libvirt: files first, then what is generated from them, then the commands. */
export const renderHost = (facts: HostFacts, plan: Plan): Rendered => {
  const initramfs = renderInitramfsParts(facts, plan);
  const modprobe = renderOwned(facts, modprobePath, renderModprobe(plan), 0o644, 'Module options and the order in which drivers load.');
  const unit = renderUnit(facts, plan);
  const grub = renderGrub(facts, plan);
  const files = [modprobe, initramfs, unit, grub].flatMap((part) => part.artifacts);
  const isImageStale = plan.initramfs === 'initramfs-tools' && files.some((file) => 'path' in file && initramfsTriggers.includes(file.path));
  return {
    artifacts: [
      ...files.filter((artifact) => artifact.kind !== 'generated' && artifact.kind !== 'command'),
      ...(isImageStale ? renderInitramfs(facts, plan) : []),
      ...files.filter((artifact) => artifact.kind === 'generated' || artifact.kind === 'command'),
    ],
    findings: [...[modprobe, initramfs, unit, grub].flatMap((part) => part.findings), ...findModprobeConflicts(modprobeFiles(facts))],
  };
};

const modprobeFiles = (facts: HostFacts): readonly FileFacts[] => Object.values(facts.files).filter((file) => file.path.startsWith('/etc/modprobe.d/'));

/** A file that is wholly ours; empty text means that there should be none. */
const renderOwned = (facts: HostFacts, path: string, text: string, mode: number, why: string): Rendered => {
  const present = facts.files[path];
  if (text === '' && present === undefined) return {artifacts: [], findings: []};
  const finding = judgeOwnedFile(present, path);
  if (finding !== null) return {artifacts: [], findings: [finding]};
  return {artifacts: [text === '' ? absent(path) : {kind: 'file', path, text, encoding: 'utf8', mode, installer: 'file', why: [why]}], findings: []};
};

const absent = (path: string): Artifact => ({kind: 'absent', path, why: ['Written by an earlier run; this plan does not need it.']});

const renderInitramfsParts = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress, initramfsModules} = plan.binding;
  if (plan.initramfs !== 'initramfs-tools') {
    return {artifacts: [], findings: byAddress.length + initramfsModules.length === 0 ? [] : [unsupportedInitramfs(plan.initramfs)]};
  }
  const script = byAddress.length === 0 ? '' : renderBootScript(plan, facts.pci);
  const owned = renderOwned(facts, bootScriptPath, script, 0o755, `Gives ${byAddress.join(' and ')} to vfio-pci before udev loads any driver.`);
  const modules = renderModules(facts, plan);
  return {artifacts: [...owned.artifacts, ...modules.artifacts], findings: [...owned.findings, ...modules.findings]};
};

const renderModules = (facts: HostFacts, plan: Plan): Rendered => {
  const present = facts.files[initramfsModulesPath];
  const unreadable = judgeReadable(present);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const before = present?.text ?? '';
  const text = editInitramfsModules(before, plan.binding.initramfsModules, plan.profile);
  if (text === null) return {artifacts: [], findings: [damagedMarks]};
  if (text === before && plan.binding.initramfsModules.length === 0) return {artifacts: [], findings: []};
  return {
    artifacts: [{kind: 'file', path: initramfsModulesPath, text, encoding: present?.encoding ?? 'utf8', mode: 0o644, installer: 'file', why: [`The initramfs must contain ${plan.binding.initramfsModules.join(', ') || 'no module for passthrough'}.`]}],
    findings: [],
  };
};

const renderUnit = (facts: HostFacts, plan: Plan): Rendered => {
  const text = renderHugepagesUnit(plan);
  const unit = renderOwned(facts, hugepagesUnitPath, text ?? '', 0o644, 'This kernel allocates huge pages on all nodes; the ones that the guest does not use go back early.');
  if (unit.findings.length > 0) return unit;
  const link: readonly Artifact[] = text === null
    ? facts.files[hugepagesWantsPath] === undefined ? [] : [absent(hugepagesWantsPath)]
    : [{kind: 'symlink', path: hugepagesWantsPath, target: hugepagesUnitPath, why: ['Starts the unit at every boot, as systemctl enable does.']}];
  const files = [...unit.artifacts, ...link];
  return {artifacts: files.length === 0 ? [] : [...files, daemonReload], findings: []};
};

const daemonReload: CommandArtifact = {
  kind: 'command',
  argv: ['/usr/bin/systemctl', 'daemon-reload'],
  undo: ['/usr/bin/systemctl', 'daemon-reload'],
  triggers: [hugepagesUnitPath, hugepagesWantsPath],
  timeoutSeconds: 60,
  why: ['systemd reads changed units only when it is told.'],
};

const unsupportedInitramfs = (system: Plan['initramfs']): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: 'binding',
  message: `The card must be bound in the initramfs, and this version can't write for ${system ?? 'the unknown system that makes it here'}.`,
  remedy: 'Set binding: libvirt, which takes the card when the guest starts; the host must not use it by then.',
});

const damagedMarks: Finding = {
  code: 'file-foreign',
  severity: 'blocker',
  subject: initramfsModulesPath,
  message: `${initramfsModulesPath} has only one of the two marks "# BEGIN vfio-pilot" and "# END vfio-pilot", or has them twice.`,
  remedy: 'Remove the lines that vfio-pilot wrote, with the marks, then run the command again.',
};
