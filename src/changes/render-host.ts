import type {Rendered} from '../artifacts/rendered.ts';
import {imageMakerOf, renderChain, writerOf} from '../boot/chains.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import {hypervisorOfPlan} from '../hypervisor/hypervisors.ts';
import type {ImageMaker} from '../image/image-system.ts';
import {type Ports, servedPorts} from '../pipeline/ports.ts';
import type {Plan} from '../plan/plan.ts';

/** Everything on the host but the guest: files first, then what is generated from them, then the commands. */
export const renderHost = (facts: HostFacts, plan: Plan, ports: Ports = servedPorts): Rendered =>
  writerOf(facts.boot, ports)?.rendersWholeHost === true
    ? renderChain(facts, plan, ports)
    : renderParts(facts, plan, ports);

const renderParts = (facts: HostFacts, plan: Plan, ports: Ports): Rendered => {
  const maker = imageMakerOf(facts.boot, plan.initramfs, ports);
  const makesImagePerEntry = writerOf(facts.boot, ports)?.makesImagePerEntry === true;
  const hypervisor = hypervisorOfPlan(facts, plan, ports.hypervisors);
  const parts = [
    hypervisor.binding.render(facts, plan),
    renderInitramfsParts(facts, plan, maker, makesImagePerEntry),
    ...ports.deviceKinds.map((kind) => kind.prepare(facts, plan)),
    hypervisor.renderHost(facts, plan),
    renderChain(facts, plan, ports),
  ];
  const files = parts.flatMap((part) => part.artifacts);
  const isImageStale = files.some((file) => 'path' in file && maker?.triggers.includes(file.path) === true);
  return {
    artifacts: [
      ...files.filter((artifact) => artifact.kind !== 'generated' && artifact.kind !== 'command'),
      ...(isImageStale && !makesImagePerEntry ? (maker?.renderImages(facts, plan) ?? []) : []),
      ...files.filter((artifact) => artifact.kind === 'generated' || artifact.kind === 'command'),
    ],
    findings: parts.flatMap((part) => part.findings),
  };
};

const renderInitramfsParts = (
  facts: HostFacts,
  plan: Plan,
  maker: ImageMaker | null,
  makesImagePerEntry: boolean,
): Rendered => {
  const {byAddress, initramfsModules} = plan.binding;
  const isNeeded = byAddress.length + initramfsModules.length > 0;
  if (maker === null) return {artifacts: [], findings: isNeeded ? [unsupportedInitramfs(facts, plan.initramfs)] : []};
  const files = maker.renderFiles(facts, plan);
  return {
    ...files,
    findings: [
      ...files.findings,
      ...(isNeeded ? [...maker.judgeSettings(facts), ...(makesImagePerEntry ? [] : maker.judgeImages(facts))] : []),
    ],
  };
};

const unsupportedInitramfs = (facts: HostFacts, system: Plan['initramfs']): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: 'binding',
  message: `The card must be bound in the initramfs, and ${system === null ? `the system that makes it here is unknown. ${facts.boot.initramfsEvidence.join(' ')}`.trim() : `this version can't write for ${system}.`}`,
  remedy: 'Set binding: libvirt, which takes the card when the guest starts; the host must not use it by then.',
});
