import type {HostFacts} from '../host/facts.ts';
import {distanceBetween} from './choose-node.ts';
import type {Home} from './choose-node.ts';
import {coresOf} from './cores.ts';
import type {Machine} from './placement-cost.ts';

/** Farther than the kernel's largest distance (255): nobody knows where such a CPU is. */
const unknownDistance = 256;

/** The cores, and how far each node is from the device; without nodes all of it is one. */
export const machineOf = (facts: HostFacts, {home, origin}: Home, guest: Pick<Machine, 'prefersCache'>): Machine => {
  const cores = coresOf(facts);
  if (home === null) return {cores: cores.map((core) => ({...core, node: null})), distanceOf: () => 0, ...guest};
  const from = origin ?? home;
  const distances = new Map(facts.nodes.map(({id}) => [id, id === from ? 0 : Math.max(1, distanceBetween(facts, from, id) - 10)]));
  return {cores, ...guest, distanceOf: (node) => (node === null ? unknownDistance : (distances.get(node) ?? unknownDistance))};
};
