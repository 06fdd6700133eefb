import type {Artifact} from '../artifacts/artifact.ts';
import {writerOf} from '../boot/chains.ts';
import {compareArtifacts} from '../changes/compare-artifacts.ts';
import {renderHost} from '../changes/render-host.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import {hypervisorOfPlan} from '../hypervisor/hypervisors.ts';
import {type Ports, servedPorts} from '../pipeline/ports.ts';
import type {Plan} from '../plan/plan.ts';
import {formatOf} from '../profile/device-format.ts';
import type {AppliedPlan} from './promise.ts';
import {verifyCommands} from './verify-commands.ts';
import {nothingWritten, type RenderedAgain, verifyFiles, type WrittenFiles} from './verify-files.ts';
import {verifyHugepages} from './verify-hugepages.ts';
import {type ImageListings, verifyImages} from './verify-images.ts';
import {verifyArguments, verifyIsolation, verifyKernelLog, verifyTrial} from './verify-kernel.ts';
import {count} from '../words/count.ts';

/** Every promise of the applied plan against facts that were read again; `bootId` is that of the boot they were read in. */
export const verifyPlan = (
  facts: HostFacts,
  applied: AppliedPlan,
  bootId: string | null,
  listings: ImageListings = {},
  written: WrittenFiles = nothingWritten,
  ports: Ports = servedPorts,
): readonly PromiseResult[] => {
  return [
    ...(applied.trial === undefined
      ? [
          ...verifyWritten(facts, applied.plan, written, ports),
          ...verifyImages(facts, applied.plan, listings, ports),
          ...hypervisorOfPlan(facts, applied.plan, ports.hypervisors).startPromises(facts, applied.plan),
        ]
      : []),
    ...verifyBoot(facts, applied, bootId, ports),
  ];
};

/** The promises that a boot keeps: `pending` while the one that `apply` ran in goes on. */
const verifyBoot = (
  facts: HostFacts,
  {plan, trial, bootId: appliedIn}: Omit<AppliedPlan, 'version'>,
  bootId: string | null,
  ports: Ports,
): readonly PromiseResult[] => {
  const hasRebooted = hasBootedSince(facts, appliedIn, bootId);
  const inBoot = [
    ...(trial === undefined ? [] : [verifyTrial(facts, trial)]),
    ...verifyArguments(facts, plan),
    verifyIommu(facts),
    ...verifyKernelLog(facts, plan),
    ...plan.devices.flatMap((device) => formatOf(ports.deviceKinds, device.kind).promises(facts, plan, device)),
    ...hypervisorOfPlan(facts, plan, ports.hypervisors).binding.promises(facts, plan),
    ...hypervisorOfPlan(facts, plan, ports.hypervisors).promises(facts, plan),
    ...verifyHugepages(facts, plan),
    ...verifyIsolation(facts, plan),
  ];
  return inBoot.map((result) => (hasRebooted === false ? waitForReboot(result, facts) : result));
};

/** Whether this plan, once it is written, becomes true only with a reboot. `trial`: the token of a trial boot. */
export const needsReboot = (facts: HostFacts, plan: Plan, trial: string | null, ports: Ports = servedPorts): boolean =>
  verifyBoot(facts, {plan, bootId: null, ...(trial === null ? {} : {trial})}, null, ports).some(
    ({status}) => status === 'broken' || status === 'pending',
  );

/**
 * Whether what is applied waits for a reboot: `bootId` is that of the boot in which the facts were read. `null`: this
 * boot does not keep it, and whether it is the one of `apply` is unknown.
 */
export const awaitsReboot = (
  facts: HostFacts,
  applied: AppliedPlan,
  bootId: string | null,
  ports: Ports = servedPorts,
): boolean | null => {
  const promises = verifyBoot(facts, applied, bootId, ports);
  const isUnknown = hasBootedSince(facts, applied.bootId, bootId) === null;
  return isUnknown && promises.some(({status}) => status === 'broken') ? null : isPending(promises);
};

export const isPending = (promises: readonly PromiseResult[]): boolean =>
  promises.some(({status}) => status === 'pending');

const verifyWritten = (facts: HostFacts, plan: Plan, written: WrittenFiles, ports: Ports): readonly PromiseResult[] => {
  const {artifacts, again} = renderAgain(facts, plan, ports);
  return [...verifyCommands(facts, plan, artifacts, ports), ...verifyFiles(facts, written, again)];
};

/** Where the plan of the run cannot be read, the files are still known from the journal. `problem` ends a sentence. */
export const verifyWithoutPlan = (
  facts: HostFacts,
  problem: string,
  written: WrittenFiles,
): readonly PromiseResult[] => [
  {
    id: 'plan',
    status: 'broken',
    promise: 'The plan that was applied can be read.',
    fact: `It cannot: ${problem}. Only the files are compared.`,
    remedy: 'Roll back with `vfio-pilot rollback`, which does not need it, and apply the profile again.',
  },
  ...verifyFiles(facts, written, null),
];

/** Nothing boots another root: unless its boot id says otherwise, it is as it was when the plan was applied. */
const hasBootedSince = ({isLive}: HostFacts, before: string | null, now: string | null): boolean | null =>
  before === null || now === null ? (isLive ? null : false) : before !== now;

const waitForReboot = (result: PromiseResult, {isLive}: HostFacts): PromiseResult =>
  result.status === 'broken'
    ? {
        ...result,
        status: 'pending',
        remedy: isLive
          ? 'Reboot, then run `vfio-pilot verify` again.'
          : 'This root is not the running system: run `vfio-pilot verify` once it has booted.',
      }
    : result;

const verifyIommu = (facts: HostFacts): PromiseResult => ({
  id: 'iommu-active',
  status: facts.iommu.active ? 'kept' : 'broken',
  promise: 'The IOMMU is active.',
  fact:
    facts.iommu.groups.length > 0
      ? `${count(facts.iommu.groups.length, 'group')}.`
      : facts.iommu.active
        ? 'The hypervisor gives devices out through it.'
        : 'There are no IOMMU groups.',
  remedy: facts.iommu.active ? null : '`vfio-pilot check` says whether the firmware or the kernel has it off.',
});

/** Rendering the plan again over the present files must find nothing to do: then each of them says what was promised. */
const renderAgain = (
  facts: HostFacts,
  plan: Plan,
  ports: Ports,
): {readonly artifacts: readonly Artifact[]; readonly again: RenderedAgain} => {
  const host = renderHost(facts, plan, ports);
  const guest = hypervisorOfPlan(facts, plan, ports.hypervisors).renderAppliedGuest(facts, plan);
  const artifacts = [...host.artifacts, ...guest.artifacts];
  // What somebody has made unfit for us yields a finding and no artifact.
  const unfit = [...host.findings, ...guest.findings]
    .filter(({severity, subject}) => severity === 'blocker' && subject.startsWith('/'))
    .map(({subject}) => subject);
  const rendered = artifacts.flatMap((artifact) =>
    artifact.kind === 'file' || artifact.kind === 'symlink' ? [artifact.path] : [],
  );
  return {
    artifacts,
    again: {
      asked: [...new Set([...rendered, ...bootFiles(facts, plan, ports), ...unfit])],
      changed: new Set([...compareArtifacts(facts, artifacts).map((change) => change.path), ...unfit]),
    },
  };
};

/** No artifact is rendered for the boot loader's files while they say all that they should. */
const bootFiles = (facts: HostFacts, plan: Plan, ports: Ports): readonly string[] =>
  plan.kernelArguments.add.length === 0 ? [] : (writerOf(facts.boot, ports)?.keptFiles(facts, plan) ?? []);
