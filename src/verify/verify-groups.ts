import {analyseGroup} from '../groups/analyse-group.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import {isVfioDriver} from '../host/vfio-driver.ts';
import type {PromiseResult} from './promise.ts';

/** vfio gives out groups: one member with a driver of the host's, and the guest does not start ("group N is not viable"). */
export const verifyGroups = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  [...new Set(plan.devices.map(({iommuGroup}) => iommuGroup))].flatMap((id) => {
    const group = id === null ? null : analyseGroup(facts, id);
    if (group === null) return [];
    const taken = plan.devices.filter(({bindBy}) => bindBy === 'libvirt').map(({address}) => address);
    const holders = group.endpoints.filter((member) => member.driver !== null && !isVfioDriver(member.driver) && member.driver !== 'pci-stub' && !taken.includes(member.address));
    return [{
      id: 'group-viable',
      status: holders.length === 0 ? 'kept' : 'broken',
      promise: `Group ${group.id} can go to a guest.`,
      fact: holders.length === 0 ? 'Nothing in it is with a driver of the host.' : `${holders.map(({address, driver}) => `${address} is with ${driver}`).join(', ')}.`,
      remedy: holders.length === 0 ? null : 'Another device is in the group than when the plan was made, or one was bound again: plan again with `vfio-pilot plan`.',
    }];
  });
