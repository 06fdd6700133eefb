import type {HostFacts} from '../../../facts/host-facts.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';

/** The network that gives out the virtual functions of this interface: one that there is already, whoever made it, or ours. */
export const poolName = (facts: Pick<HostFacts, 'virtualisation'>, card: string): string => {
  const ours = `vf-${card}`;
  const there = Object.entries(libvirtOf(facts).networkPools)
    .filter(([, dev]) => dev === card)
    .map(([name]) => name)
    .sort();
  return there.includes(ours) ? ours : (there[0] ?? ours);
};
