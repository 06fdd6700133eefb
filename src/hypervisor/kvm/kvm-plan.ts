import type {KvmGuestPlan, Plan} from '../../plan/plan.ts';

export type KvmPlan = Plan<KvmGuestPlan>;

/** A plan with a guest of another hypervisor is that one's to render. */
export const kvmPlanOf = (plan: Plan): KvmPlan => {
  const {guest} = plan;
  if (guest.kind !== 'kvm') throw new Error(`the guest ${guest.name} is no domain of libvirt`);
  return {...plan, guest};
};
