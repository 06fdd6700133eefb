import type {Plan} from '../plan/plan.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Hypervisor} from './hypervisor.ts';
import {kvm} from './kvm/kvm.ts';
import {proxmox} from './proxmox/proxmox.ts';
import {xcpNg} from './xcp-ng/xcp-ng.ts';
import {xl} from './xen/xl.ts';

/** Every hypervisor that guests are written for. */
export const hypervisors: readonly Hypervisor[] = [kvm, proxmox, xcpNg, xl];

/** The one that runs on this host; `null` for one that this program does not serve. */
export const servedHypervisor = (facts: HostFacts, table: readonly Hypervisor[] = hypervisors): Hypervisor | null =>
  table.find((one) => one.isHere(facts)) ?? null;

/** For a plan that is shown although this host is not served: as good as the facts allow, and blocked. */
export const hypervisorOf = (facts: HostFacts, table: readonly Hypervisor[] = hypervisors): Hypervisor => {
  const found = servedHypervisor(facts, table) ?? table[0];
  if (found === undefined) throw new Error('the table of hypervisors is empty');
  return found;
};

/** Of a plan that was applied: the machine may have been started without its hypervisor since. */
export const hypervisorOfPlan = (
  facts: HostFacts,
  {guest}: Plan,
  table: readonly Hypervisor[] = hypervisors,
): Hypervisor => {
  const present = hypervisorOf(facts, table);
  return present.kind === guest.kind ? present : (table.find(({kind}) => kind === guest.kind) ?? present);
};

export const isScripted = ({guest}: Pick<Plan, 'guest'>, table: readonly Hypervisor[] = hypervisors): boolean =>
  table.find(({kind}) => kind === guest.kind)?.isScripted === true;

/** Whether its guest needs modules of the host from boot on, besides those of its devices. */
export const needsModules = (plan: Plan, table: readonly Hypervisor[] = hypervisors): boolean =>
  (table.find(({kind}) => kind === plan.guest.kind)?.hostModules(plan) ?? []).length > 0;
