import {type PlanContext, silently} from '../context.ts';
import {choosePageSize} from '../memory/hugepages/page-size.ts';
import {roomKiB} from '../memory/node-room.ts';
import {hasMemory} from '../other-guest.ts';
import {type Home, usableNodes} from './choose-node.ts';
import type {Demand} from './place.ts';

/** `isAllowed`: what the profile and the node's CPUs say, whatever its memory. */
export type GuestDemand = Demand & {readonly isAllowed: (node: number | null) => boolean};

/** Ordinary memory is dealt out in these, in KiB. */
export const ordinaryUnitKiB = 1024;

/** What the guest asks of the nodes: equal parts, each with its share of the memory next to the host's reserve. */
export const demandOf = (context: PlanContext, {home}: Home): GuestDemand => {
  const {facts, profile} = context;
  const {cpu, memory, guest} = profile;
  const unitKiB = choosePageSize(silently(context)) ?? ordinaryUnitKiB;
  const units = Math.ceil((memory.sizeMiB * 1024) / unitKiB);
  const candidates = usableNodes(facts);
  const usable = new Set(candidates.map((node) => node.id));
  const isAllowed = (node: number | null): boolean =>
    cpu.node !== 'auto' || home === null ? node === home : node !== null && usable.has(node);
  const fits = (node: number | null, parts: number): boolean => {
    if (memory.node !== 'auto') return true;
    const known = facts.nodes.find((one) => one.id === node);
    if (known !== undefined && !hasMemory(known)) return parts === 1;
    return Math.ceil(units / parts) * unitKiB <= roomKiB(context, node);
  };
  const maySpread =
    context.can.cells &&
    cpu.node === 'auto' &&
    memory.node === 'auto' &&
    guest.numaCell !== false &&
    candidates.every(hasMemory);
  return {
    vcpus: cpu.vcpus,
    isAllowed,
    isOpen: (node, parts) => isAllowed(node) && fits(node, parts),
    mostNodes: maySpread ? Math.max(1, usable.size) : 1,
  };
};
