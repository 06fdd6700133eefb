import type {HostFacts} from '../../facts/host-facts.ts';
import type {XenFacts} from '../../facts/virtualisation.ts';
import type {Plan, XenGuestPlan} from '../../plan/plan.ts';

/** Asked only where `isHere` has said that this is Xen. */
export const xenOf = ({virtualisation}: HostFacts): XenFacts => {
  if (virtualisation.kind !== 'xen') throw new Error('this host does not run under Xen');
  return virtualisation;
};

export type XenPlan = Plan<XenGuestPlan>;

/** A plan with a guest of another hypervisor is that one's to render. */
export const xenPlanOf = (plan: Plan): XenPlan => {
  const {guest} = plan;
  if (guest.kind !== 'xen') throw new Error(`the guest ${guest.name} is none of xl`);
  return {...plan, guest};
};
