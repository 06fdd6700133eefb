import {ownHeader, type Rendered, renderOwned} from '../../../artifacts/rendered.ts';
import {formatCpuList} from '../../../facts/kernel-lists.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {PinningPlan, Plan} from '../../../plan/plan.ts';
import {proxmoxOf, proxmoxPlanOf} from '../proxmox-facts.ts';
import pinVcpus from './pin-vcpus.sh';

/** Of the guest's script in a directory of snippets. */
export const hookscriptName = (vmid: number): string => `vfio-pilot-${vmid}.sh`;

/**
 * The script, which pins each vCPU after the guest's start, and removal of one that this plan has no use for. Proxmox runs
 * it with the VMID and a phase (`PVE::GuestHelpers`, exec_hookscript).
 */
export const renderHookscript = (facts: HostFacts, planned: Plan): Rendered => {
  const {guest, pinning, profile} = proxmoxPlanOf(planned);
  const name = hookscriptName(guest.vmid);
  const places = proxmoxOf(facts).storages.flatMap(({snippets}) => (snippets === null ? [] : [`${snippets}/${name}`]));
  const paths = [...new Set([...places, ...(guest.hookscript === null ? [] : [guest.hookscript.path])])];
  const files = paths.map((path) =>
    path === guest.hookscript?.path
      ? renderOwned(facts, path, script(profile, guest.vmid, pinning), 0o755, 'Pins each vCPU after the guest’s start.')
      : renderOwned(facts, path, '', 0o755, ''),
  );
  return {
    artifacts: files.flatMap(({artifacts}) => artifacts),
    findings: files.flatMap(({findings}) => findings),
  };
};

/** A clone of the guest has the line too, and keeps the CPUs that its affinity gives. */
const script = (profile: string, vmid: number, pinning: PinningPlan): string => `#!/bin/sh
${ownHeader('#', profile)}# Proxmox VE runs it with the VMID and a phase, at each step in the life of the guest.

vmid=${vmid}
[ "$1" = "$vmid" ] || exit 0
[ "$2" = post-start ] || exit 0
# VCPU:CPUS
pins='${pinning.vcpus.map(({vcpu, cpus}) => `${vcpu}:${formatCpuList(cpus)}`).join(' ')}'

PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
run=/run
proc=/proc

say() {
	echo "vfio-pilot: $*" >&2
}

${pinVcpus}`;
