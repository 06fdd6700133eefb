import type {FileFacts, HostFacts} from '../host/facts.ts';
import type {Finding} from '../findings.ts';
import type {Plan} from '../plan/plan.ts';
import {copiesImages} from '../served-systems.ts';
import type {Artifact, CommandArtifact} from './artifact.ts';
import {renderChain} from './chains/chains.ts';
import {renderHandoverHook} from './hooks/handover-hook.ts';
import {renderIsolationHook} from './hooks/isolation-hook.ts';
import {renderPagesHook} from './hooks/pages-hook.ts';
import {findUnknownOptions} from './find-unknown-options.ts';
import {renderNixos} from './chains/nixos.ts';
import {initramfsBackend} from './initramfs/systems.ts';
import {findModprobeConflicts, modprobePath, renderModprobe} from './modprobe.ts';
import {absent, joinRendered, renderOwned} from './render-owned.ts';
import type {Rendered} from './rendered.ts';
import {renderHugepagesMounts} from './systemd-hugepages-mount.ts';
import {hugepagesUnitPath, hugepagesWantsPath, renderHugepagesUnit} from './systemd-hugepages.ts';

/** Everything on the host outside libvirt: files first, then what is generated from them, then the commands. */
export const renderHost = (facts: HostFacts, plan: Plan): Rendered => (facts.boot.loader === 'nixos' ? renderNixos(facts, plan) : renderParts(facts, plan));

const renderParts = (facts: HostFacts, plan: Plan): Rendered => {
  const initramfs = renderInitramfsParts(facts, plan);
  const modprobe = renderOwned(facts, modprobePath, renderModprobe(plan), 0o644, 'Module options and the order in which drivers load.');
  const unit = renderUnit(facts, plan);
  const hooks = joinRendered([renderHandoverHook(facts, plan), renderPagesHook(facts, plan), renderIsolationHook(facts, plan)]);
  const mounts = renderHugepagesMounts(facts, plan);
  const chain = renderChain(facts, plan);
  const files = [modprobe, initramfs, unit, mounts, hooks, chain].flatMap((part) => part.artifacts);
  const system = initramfsBackend(facts, plan.initramfs);
  const isImageStale = files.some((file) => 'path' in file && system?.triggers.includes(file.path) === true);
  return {
    artifacts: [
      ...files.filter((artifact) => artifact.kind !== 'generated' && artifact.kind !== 'command'),
      ...(isImageStale && !copiesImages(facts.boot) ? (system?.renderImages(facts, plan) ?? []) : []),
      ...files.filter((artifact) => artifact.kind === 'generated' || artifact.kind === 'command'),
    ],
    findings: [...[modprobe, initramfs, unit, mounts, hooks, chain].flatMap((part) => part.findings), ...findModprobeConflicts(modprobeFiles(facts)), ...findUnknownOptions(facts, modprobeFiles(facts))],
  };
};

const modprobeFiles = (facts: HostFacts): readonly FileFacts[] => Object.values(facts.files).filter((file) => file.path.startsWith('/etc/modprobe.d/'));

const renderInitramfsParts = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress, initramfsModules} = plan.binding;
  const isNeeded = byAddress.length + initramfsModules.length > 0;
  const system = initramfsBackend(facts, plan.initramfs);
  if (system === null) return {artifacts: [], findings: isNeeded ? [unsupportedInitramfs(facts, plan.initramfs)] : []};
  const files = system.renderFiles(facts, plan);
  return {...files, findings: [...files.findings, ...(isNeeded ? [...system.judgeSettings(facts), ...(copiesImages(facts.boot) ? [] : system.judgeImages(facts))] : [])]};
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

const unsupportedInitramfs = (facts: HostFacts, system: Plan['initramfs']): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: 'binding',
  message: `The card must be bound in the initramfs, and ${system === null ? `which system makes it here can't be told. ${facts.boot.initramfsEvidence.join(' ')}`.trim() : `this version can't write for ${system}.`}`,
  remedy: 'Set binding: libvirt, which takes the card when the guest starts; the host must not use it by then.',
});
