import type {HostNeed, PciAddress} from './facts.ts';

/** Whether the host needs the function when all of `taken` go: one that has a spare left is no need. */
export const isNeeded = (need: HostNeed, taken: readonly PciAddress[]): boolean =>
  (need.spares ?? []).every((spare) => taken.includes(spare));
