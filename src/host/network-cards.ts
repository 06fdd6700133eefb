import type {Source} from '../system/source.ts';
import {pciAddressesOf, realDevicePath} from './device-path.ts';
import type {HostNeed, PciAddress, PciFunction} from './facts.ts';

/** A profile can give away no more: whoever took all of these would be told of a need, rightly or to be safe. */
const mostSpares = 64;

/** Every function that carries the host's network; the last of them is needed even where no route leads through it now. */
export const readNetworkCards = (source: Source, pci: readonly PciFunction[]): readonly HostNeed[] => {
  const cards = pci.filter((one) => one.class.startsWith('02') && one.physicalFunction === null && one.driver !== 'vfio-pci').map((one) => one.address);
  const virtual = new Set(pci.filter((one) => one.physicalFunction !== null).map((one) => one.address));
  const all = [...new Set([...cards, ...carriers(source)])].filter((address) => !virtual.has(address));
  return all.map((address) => ({
    address,
    kind: 'network',
    chain: all.length === 1 ? `the only network card → ${address}` : `one of the only ${all.length} network cards → ${address}`,
    spares: all.slice(0, mostSpares + 1).filter((other) => other !== address).slice(0, mostSpares),
  }));
};

/** Interfaces may hang on USB or be of another class (InfiniBand, Thunderbolt). */
const carriers = (source: Source): readonly PciAddress[] =>
  source.list('/sys/class/net').flatMap((name) => pciAddressesOf(realDevicePath(source, `/sys/class/net/${name}/device`) ?? '').at(-1) ?? []);
