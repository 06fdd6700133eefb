import {kernelEntries} from '../artifacts/chains/grub-bls.ts';
import {kernelstubPath} from '../artifacts/chains/kernelstub.ts';
import {limineDefaultsPath} from '../artifacts/chains/limine.ts';
import {nixosModulePath} from '../artifacts/chains/nixos.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import {renderDomain} from '../artifacts/domain/render-domain.ts';
import {renderHost} from '../artifacts/render-host.ts';
import {grubDefaultsPath, grubDropInPath} from '../artifacts/grub/choose-grub-target.ts';
import {compareArtifacts} from '../changes/compare-artifacts.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import {servedLoader} from '../served-systems.ts';
import type {AppliedPlan, PromiseResult} from './promise.ts';
import {verifyCommands} from './verify-commands.ts';
import {verifyDevices} from './verify-devices.ts';
import {verifyGroups} from './verify-groups.ts';
import {verifyHugepages} from './verify-hugepages.ts';
import {verifyImages} from './verify-images.ts';
import type {ImageListings} from './verify-images.ts';
import {verifyIsolation} from './verify-isolation.ts';
import {verifyKernelLog} from './verify-kernel-log.ts';
import {verifyFramebuffers, verifyPower} from './verify-cards.ts';
import {verifyArguments, verifyModuleOptions} from './verify-kernel.ts';
import {verifyTrial} from './verify-trial.ts';

/** Every promise of the applied plan against facts that were read again; `bootId` is that of the boot they were read in. */
export const verifyPlan = (facts: HostFacts, applied: AppliedPlan, bootId: string | null, listings: ImageListings = {}): readonly PromiseResult[] => {
  const hasRebooted = applied.bootId === null || bootId === null ? null : applied.bootId !== bootId;
  const afterBoot = [
    ...verifyArguments(facts, applied.plan),
    verifyIommu(facts),
    ...verifyKernelLog(facts, applied.plan),
    ...verifyDevices(facts, applied.plan),
    ...verifyGroups(facts, applied.plan),
    ...verifyFramebuffers(facts, applied.plan),
    ...verifyPower(facts, applied.plan),
    ...verifyModuleOptions(facts, applied.plan),
    ...verifyHugepages(facts, applied.plan),
    ...verifyIsolation(facts, applied.plan),
  ];
  const inBoot = [...(applied.trial === undefined ? [] : [verifyTrial(facts, applied.trial)]), ...afterBoot];
  return [...(applied.trial === undefined ? [...verifyFiles(facts, applied), ...verifyImages(facts, applied.plan, listings)] : []), ...inBoot.map((result) => (hasRebooted === false ? waitForReboot(result) : result))];
};

const waitForReboot = (result: PromiseResult): PromiseResult =>
  result.status === 'broken' ? {...result, status: 'pending', remedy: 'Reboot, then run `vfio-pilot verify` again.'} : result;

const verifyIommu = (facts: HostFacts): PromiseResult => ({
  id: 'iommu-active',
  status: facts.iommu.active ? 'kept' : 'broken',
  promise: 'The IOMMU is active.',
  fact: facts.iommu.active ? `${facts.iommu.groups.length} groups.` : 'There are no IOMMU groups.',
  remedy: facts.iommu.active ? null : '`vfio-pilot check` says whether the firmware or the kernel has it off.',
});

/** Rendering the plan again over the present files must find nothing to do: then each of them says what was promised. */
const verifyFiles = (facts: HostFacts, {plan}: AppliedPlan): readonly PromiseResult[] => {
  const [host, domain] = [renderHost(facts, plan), renderDomain(facts, withKnownGuest(facts, plan))];
  const artifacts = [...host.artifacts, ...domain.artifacts];
  // What somebody has made unfit for us yields a finding and no artifact.
  const unfit = [...host.findings, ...domain.findings].filter(({severity, subject}) => severity === 'blocker' && subject.startsWith('/')).map(({subject}) => subject);
  const rendered = artifacts.flatMap((artifact) => (artifact.kind === 'file' || artifact.kind === 'symlink' ? [artifact.path] : []));
  const paths = [...new Set([...rendered, ...bootFiles(facts, plan), ...unfit])];
  const changed = new Set([...compareArtifacts(facts, artifacts).map((change) => change.path), ...unfit]);
  return [...verifyCommands(facts, plan, artifacts), ...paths.map((path): PromiseResult => {
    const isDenied = facts.files[path]?.state === 'denied';
    return {
      id: 'file',
      status: isDenied ? 'unknown' : changed.has(path) ? 'broken' : 'kept',
      promise: `${path} holds what was applied.`,
      fact: isDenied ? 'It can be read by root only.' : changed.has(path) ? 'It was changed since, or is gone.' : 'It does.',
      remedy: isDenied ? 'Run verify with sudo.' : changed.has(path) ? 'See who changed it (a package upgrade?), then apply the profile again.' : null,
    };
  })];
};

/** libvirt writes a new domain down with its own additions: once it knows the guest, an edit must find nothing to do. */
const withKnownGuest = (facts: HostFacts, plan: Plan): Plan =>
  plan.guest.isNew && facts.libvirt.domains.some(({name}) => name === plan.guest.name) ? {...plan, guest: {...plan.guest, isNew: false}} : plan;

/** No artifact is rendered for the boot loader's file while it says all that it should. */
const bootFiles = (facts: HostFacts, {kernelArguments}: Plan): readonly string[] => {
  if (kernelArguments.add.length === 0) return [];
  const loader = servedLoader(facts.boot);
  switch (loader) {
    case 'grub':
      return [facts.files[grubDropInPath] === undefined ? grubDefaultsPath : grubDropInPath];
    case 'grub-bls':
      return kernelEntries(facts).map((file) => file.path);
    case 'proxmox-boot-tool':
    case 'sdbootutil':
      return [kernelCommandLinePath];
    case 'kernelstub':
      return [kernelstubPath];
    case 'uki':
    case 'systemd-boot':
      return facts.files[kernelCommandLinePath] === undefined ? [] : [kernelCommandLinePath];
    case 'limine-entry-tool':
      return [limineDefaultsPath];
    case 'nixos':
      return [nixosModulePath];
    case 'rpm-ostree':
      return [];
    case null:
      return [];
  }
};
