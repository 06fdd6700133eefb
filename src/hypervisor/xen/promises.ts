import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {Plan} from '../../plan/plan.ts';
import {poolPromises} from './pool/guest-pool.ts';
import {xenPlanOf} from './xen-facts.ts';

/** What is seen of Xen after the boot, and of the guest while it runs. */
export const xenPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] => {
  const plan = xenPlanOf(planned);
  return [
    runsPromise(facts),
    ...argumentPromises(facts, plan),
    ...pinPromises(facts, plan),
    ...poolPromises(facts, plan),
  ];
};

export const runsPromise = ({virtualisation}: HostFacts): PromiseResult => {
  const isDom0 = virtualisation.kind === 'xen' && virtualisation.role === 'dom0';
  return {
    id: 'xen-running',
    status: isDom0 ? 'kept' : 'broken',
    promise: 'This system is dom0 of Xen.',
    fact: isDom0
      ? `Xen ${virtualisation.version ?? 'of unknown version'} runs below it.`
      : virtualisation.kind === 'xen'
        ? 'Under Xen, but /proc/xen/capabilities does not say control_d.'
        : 'This boot is without Xen, so the card is with the host.',
    remedy: isDom0 ? null : 'Restart, and choose the entry "with Xen hypervisor".',
  };
};

export const argumentPromises = (
  {virtualisation}: HostFacts,
  {hypervisorArguments}: Plan,
): readonly PromiseResult[] => {
  const line = virtualisation.kind === 'xen' ? (virtualisation.info?.commandLine ?? null) : null;
  const words = line?.split(/\s+/) ?? null;
  return (hypervisorArguments?.add ?? []).map(({text}) => {
    const isThere = words?.includes(text) ?? null;
    return {
      id: 'xen-argument',
      status: isThere === null ? 'unknown' : isThere ? 'kept' : 'broken',
      promise: `Xen was started with ${text}.`,
      fact:
        isThere === null
          ? '`xl info` does not show its arguments here.'
          : `It is ${isThere ? '' : 'not '}in xen_commandline of \`xl info\`.`,
      remedy:
        isThere === false
          ? 'Another entry of the menu may have been started: compare xen_commandline with grub.cfg.'
          : null,
    };
  });
};

/** Nothing is said of a guest that is off. */
export const pinPromises = ({virtualisation}: HostFacts, {guest, pinning}: Plan): readonly PromiseResult[] => {
  const running =
    virtualisation.kind === 'xen' ? virtualisation.vcpus?.filter(({domain}) => domain === guest.name) : [];
  if (running === undefined || running.length === 0 || pinning.vcpus.length === 0) return [];
  const hardOf = (vcpu: number): string | null => running.find((one) => one.vcpu === vcpu)?.hard ?? null;
  const differing = pinning.vcpus.filter(({vcpu, cpus}) => hardOf(vcpu) !== formatCpuList(cpus));
  return [
    {
      id: 'guest-vcpu-pins',
      status: differing.length === 0 ? 'kept' : 'broken',
      promise: `Each vCPU of ${guest.name} runs on a CPU of its own: ${pinning.vcpus.map(({vcpu, cpus}) => `${vcpu} on ${formatCpuList(cpus)}`).join(', ')}.`,
      fact:
        differing.length === 0
          ? 'Xen has these affinities (`xl vcpu-list`).'
          : `${differing.map(({vcpu}) => `vCPU ${vcpu} may run on ${hardOf(vcpu) ?? 'nothing that is listed'}`).join(', ')}.`,
      remedy:
        differing.length === 0
          ? null
          : 'It was started before apply, or somebody has pinned it anew: shut it down, and start it again.',
    },
  ];
};
