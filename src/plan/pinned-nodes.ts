import type {PlanContext} from './context.ts';
import type {Core} from './cores.ts';
import {hasMemory} from './node-room.ts';

/**
 * Where a guest with pins of the user's lives: on the node that they are on, whatever the device's, as each access to
 * memory would cross otherwise; on several as cells, in the order of the vCPUs, unless the profile places the memory.
 */
export const nodesOfPins = ({facts, profile}: PlanContext, pins: readonly number[], cores: readonly Core[], home: number | null): readonly number[] => {
  const nodes = [...new Set(pins.map((pin) => cores.find((core) => core.threads.includes(pin))?.node ?? null))];
  const known = nodes.filter((node) => node !== null);
  const [first] = known;
  if (home === null || first === undefined) return home === null ? [] : [home];
  if (known.length === 1) return known;
  const mayHaveCells = profile.memory.node === 'auto' && profile.guest.numaCell !== false && known.length === nodes.length;
  const haveMemory = known.every((id) => facts.nodes.some((node) => node.id === id && hasMemory(node)));
  return mayHaveCells && haveMemory ? known : [known.includes(home) ? home : first];
};

/** A guest socket is a range of vCPUs: packages can be shown only where the nodes have equal parts, one after the other. */
export const areEqualParts = (pins: readonly number[], cores: readonly Core[], nodes: readonly number[]): boolean => {
  const each = pins.length / nodes.length;
  return pins.every((pin, vcpu) => cores.find((core) => core.threads.includes(pin))?.node === nodes[Math.floor(vcpu / each)]);
};
