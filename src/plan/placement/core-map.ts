import {coresOf} from '../../facts/cores.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {distanceBetween, type Home} from './choose-node.ts';
import type {CoreMap} from './cost.ts';

/** Farther than the kernel's largest distance (255): nobody knows where such a CPU is. */
const unknownDistance = 256;

/** The cores, and how far each node is from the device; without nodes all of it is one. */
export const coreMapOf = (facts: HostFacts, {home, origin}: Home, guest: Pick<CoreMap, 'prefersCache'>): CoreMap => {
  const cores = coresOf(facts);
  if (home === null) return {cores: cores.map((core) => ({...core, node: null})), distanceOf: () => 0, ...guest};
  const from = origin ?? home;
  const distances = new Map(
    facts.nodes.map(({id}) => [id, id === from ? 0 : Math.max(1, distanceBetween(facts, from, id) - 10)]),
  );
  return {
    cores,
    ...guest,
    distanceOf: (node) => (node === null ? unknownDistance : (distances.get(node) ?? unknownDistance)),
  };
};
