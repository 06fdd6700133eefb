import type {HostFacts, PciFunction} from '../host/facts.ts';
import {describeClass} from './class-names.ts';

/** `0000:01:00.0  VGA compatible controller [10de:1381]  nouveau  NVIDIA Corporation GM107 [GeForce GTX 750]  [boot VGA]` */
export const describeMember = (facts: Pick<HostFacts, 'needs'>, one: PciFunction, isTopOfTree: boolean): string => {
  const parts = [
    one.address,
    `${describeClass(one.class)} [${one.vendor}:${one.device}]`,
    one.driver ?? '(no driver)',
    one.name,
    ...tagsOf(facts, one),
    isTopOfTree && one.upstream.length > 0 ? `(behind ${one.upstream.at(-1)})` : null,
  ];
  return parts.filter((part) => part !== null).join('  ');
};

/** `0000:00:1f.2 (SATA controller, ahci)` */
export const nameMember = (one: PciFunction): string =>
  `${one.address} (${[describeClass(one.class), one.driver].filter((part) => part !== null).join(', ')})`;

const tagsOf = ({needs}: Pick<HostFacts, 'needs'>, {address, bootVga}: PciFunction): readonly string[] => {
  const kinds = new Set(needs.filter((need) => need.address === address).map((need) => need.kind));
  return [...(bootVga ? ['[boot VGA]'] : []), ...(kinds.size > 0 ? [`[needed by the host: ${[...kinds].join(', ')}]`] : [])];
};
