import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {ProxmoxGuest, ProxmoxOther} from '../../facts/virtualisation.ts';
import type {Plan} from '../../plan/plan.ts';
import {proxmoxOf, proxmoxPlanOf} from './proxmox-facts.ts';

/** What is seen of the guest while it runs: the cores of its process, and its pages. Nothing is said of one that is off. */
export const guestPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] => {
  const plan = proxmoxPlanOf(planned);
  const {guests, others} = proxmoxOf(facts);
  const guest = guests.find(({vmid}) => vmid === plan.guest.vmid);
  const other = others.find(({vmid}) => vmid === plan.guest.vmid);
  if (guest === undefined && other !== undefined) return [movedPromise(facts, other)];
  if (guest?.isActive !== true) return [];
  return [
    ...affinityPromise(plan.guest.affinity, guest.allowedCpus, plan.guest.vmid),
    ...pinPromises(plan, guest.vcpuCpus),
    ...pagePromises(facts, plan),
  ];
};

/** A guest that is off moves to another node with its lines, where they name another node's card, cores and memory. */
const movedPromise = (facts: HostFacts, {vmid, node, kind}: ProxmoxOther): PromiseResult => ({
  id: 'guest-node',
  status: 'broken',
  promise: `Guest ${vmid} is on this node, where its card is.`,
  fact: kind === 'guest' ? `It is on node ${node} now.` : `A container of node ${node} has this VMID now.`,
  remedy:
    kind === 'guest'
      ? `Move it back (on ${node}: qm migrate ${vmid} ${proxmoxOf(facts).node ?? 'NODE'}), or give up the card: \`vfio-pilot rollback --keep-edits\`.`
      : 'Give up the card: `vfio-pilot rollback --keep-edits`.',
});

const affinityPromise = (
  wanted: readonly number[],
  allowed: readonly number[] | null,
  vmid: number,
): readonly PromiseResult[] => {
  if (wanted.length === 0) return [];
  const isKept = allowed === null ? null : formatCpuList(allowed) === formatCpuList(wanted);
  return [
    {
      id: 'guest-affinity',
      status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
      promise: `The process of guest ${vmid} runs on CPUs ${formatCpuList(wanted)} only.`,
      fact:
        allowed === null
          ? 'Its CPUs cannot be read.'
          : `Its first thread may run on ${formatCpuList(allowed)} (/proc/PID/status).`,
      remedy: isKept === false ? `It was started before apply: qm shutdown ${vmid}, then qm start ${vmid}.` : null,
    },
  ];
};

/** By the threads of the running process, not by what the script said. */
const pinPromises = (
  {guest, pinning}: ReturnType<typeof proxmoxPlanOf>,
  found: ProxmoxGuest['vcpuCpus'],
): readonly PromiseResult[] => {
  if (guest.hookscript === null) return [];
  const differing = pinning.vcpus.filter(({vcpu, cpus}) => {
    const allowed = found[vcpu];
    return allowed !== undefined && formatCpuList(allowed) !== formatCpuList(cpus);
  });
  const unseen = pinning.vcpus.filter(({vcpu}) => found[vcpu] === undefined);
  const status = differing.length > 0 ? 'broken' : unseen.length > 0 ? 'unknown' : 'kept';
  const name = ({vcpu}: {readonly vcpu: number}): string =>
    `vCPU ${vcpu} may run on ${formatCpuList(found[vcpu] ?? [])}`;
  return [
    {
      id: 'guest-vcpu-pins',
      status,
      promise: `Each vCPU of guest ${guest.vmid} runs on a CPU of its own: ${pinning.vcpus.map(({vcpu, cpus}) => `${vcpu} on ${formatCpuList(cpus)}`).join(', ')}.`,
      fact:
        status === 'broken'
          ? `${differing.map(name).join(', ')}.`
          : status === 'unknown'
            ? `The thread of vCPU ${unseen.map(({vcpu}) => vcpu).join(', ')} is not seen.`
            : 'Each thread may run there only (/proc/PID/task).',
      remedy:
        status === 'broken'
          ? `If it was started before apply: qm shutdown ${guest.vmid}, then qm start ${guest.vmid}. Otherwise the log of its start task names what the hookscript could not do.`
          : null,
    },
  ];
};

const pagePromises = (
  facts: HostFacts,
  {memory, guest}: ReturnType<typeof proxmoxPlanOf>,
): readonly PromiseResult[] => {
  const {hugepages} = memory;
  if (hugepages === null) return [];
  return Object.entries(hugepages.perNode).map(([node, count]) => {
    const pool = facts.nodes
      .find(({id}) => id === Number(node))
      ?.hugepages.find(({sizeKiB}) => sizeKiB === hugepages.sizeKiB);
    const used = pool === undefined ? null : pool.total - pool.free;
    const isKept = used === null ? null : used >= count;
    return {
      id: 'guest-pages',
      status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
      promise: `While guest ${guest.vmid} runs, ${count} pages of ${hugepages.sizeKiB / 1024} MiB on node ${node} are in use.`,
      fact: used === null ? 'The node or the page size is not there.' : `${used} are in use.`,
      remedy:
        isKept === false
          ? `It was started before apply: qm shutdown ${guest.vmid}, then qm start ${guest.vmid}.`
          : null,
    } satisfies PromiseResult;
  });
};
