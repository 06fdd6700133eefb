import type {Source} from '../system/source.ts';
import type {DeviceChain} from './device-path.ts';
import {readDisplayNeeds} from './displays.ts';
import type {HostNeed, PciAddress, PciFunction} from './facts.ts';
import {readKeyboardNeeds} from './keyboards.ts';
import {readNetworkNeeds} from './network.ts';
import {readNetworkCards} from './network-cards.ts';
import type {Note} from './reader.ts';
import {readSerialNeeds} from './serial-consoles.ts';
import {readStorageNeeds} from './storage-needs.ts';

/** Which PCI functions the host itself needs to come up and to be reached, each once for each kind of need. */
export const readNeeds = (source: Source, note: Note, pci: readonly PciFunction[]): readonly HostNeed[] => {
  const storage = readStorageNeeds(source, note).flatMap(({kind, what, chain}) => needsOf(pci, kind, `${what} is on`, chain));
  const network = readNetworkNeeds(source).flatMap(({kind, chain}) => needsOf(pci, kind, `${chain.words[0] ?? 'a route'} goes through`, {...chain, words: chain.words.slice(1)}));
  const people = [...readDisplayNeeds(source, pci), ...readSerialNeeds(source), ...readKeyboardNeeds(source)];
  const needs = [...storage, ...network, ...readNetworkCards(source, pci), ...people];
  return needs.filter((need, index) => needs.findIndex((other) => other.kind === need.kind && other.address === need.address) === index);
};

/** The device's own function, and each controller above it that would take the device along (VMD, an SR-IOV parent). */
const needsOf = (pci: readonly PciFunction[], kind: HostNeed['kind'], start: string, chain: DeviceChain): readonly HostNeed[] => {
  const own = chain.path.at(-1);
  if (own === undefined) return [];
  const controllers = chain.path.slice(0, -1).filter((address) => pci.some((one) => one.address === address && !one.isBridge));
  const parent = pci.find((one) => one.address === own)?.physicalFunction ?? null;
  const words = `${start} ${chain.words.join(' → ')}`;
  const need = (address: PciAddress): HostNeed => ({address, kind, chain: `${words} → ${address}`});
  return [need(own), ...controllers.map(need), ...(parent === null ? [] : [{...need(parent), chain: `${words} → ${own}, a virtual function of ${parent}`}])];
};
