import type {HostFacts} from '../host/facts.ts';
import type {Profile} from '../profile/profile.ts';
import type {Core} from './cores.ts';
import {isDisplay} from './describe-function.ts';

/**
 * Whether the guest is taken for one that plays games, to which a larger level-3 cache (X3D) is worth more than the core
 * of CPU 0: it gets a graphics card. Neither its system nor a processor's name tells as much.
 */
export const prefersCache = (facts: HostFacts, {devices}: Pick<Profile, 'devices'>): boolean =>
  facts.pci.some((device) => isDisplay(device) && devices.some(({address}) => address === device.address));

/** Cores of the largest level-3 cache where they differ in size, without that of CPU 0; else all of them. */
export const largeCacheCores = (cores: readonly Core[]): readonly Core[] => {
  const sizes = [...new Set(cores.map((core) => core.l3KiB))];
  if (sizes.length < 2 || cores.some((core) => !core.hasL3)) return cores;
  const largest = cores.filter((core) => core.l3KiB === Math.max(...sizes));
  return largest.filter((core) => core.domain === largest[0]?.domain && !core.hasCpu0);
};
