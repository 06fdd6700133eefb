import type {HostFacts} from '../../facts/host-facts.ts';
import type {ProxmoxFacts, ProxmoxGuest} from '../../facts/virtualisation.ts';
import type {Plan, ProxmoxGuestPlan} from '../../plan/plan.ts';

/** Asked only where `isHere` has said that this is Proxmox VE. */
export const proxmoxOf = ({virtualisation}: HostFacts): ProxmoxFacts => {
  if (virtualisation.kind !== 'proxmox') throw new Error('this host is no Proxmox VE');
  return virtualisation;
};

export type ProxmoxPlan = Plan<ProxmoxGuestPlan>;

/** A plan with a guest of another hypervisor is that one's to render. */
export const proxmoxPlanOf = (plan: Plan): ProxmoxPlan => {
  const {guest} = plan;
  if (guest.kind !== 'proxmox') throw new Error(`the guest ${guest.name} is none of Proxmox VE`);
  return {...plan, guest};
};

/** A guest without a name goes by its VMID. */
export const nameOfGuest = ({name, vmid}: Pick<ProxmoxGuest, 'name' | 'vmid'>): string => name ?? String(vmid);
