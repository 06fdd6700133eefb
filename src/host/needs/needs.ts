import {type HostNeed, isVital} from '../../facts/needs.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciOutline} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';
import {type DeviceChain, pciAddressesOf, realDevicePath} from '../pci/pci-function.ts';
import type {Note} from '../reader.ts';
import type {GuestDisks} from './data-needs.ts';
import {readDisplayNeeds} from './displays.ts';
import {readKeyboardNeeds} from './keyboards.ts';
import {readNetworkNeeds} from './network.ts';
import {readStorageNeeds} from './storage-needs.ts';

/** A profile can give away no more: whoever took all of these would be told of a need, rightly or to be safe. */
const mostSpares = 64;

/** Every function that carries the host's network; the last of them is needed even where no route leads through it now. */
const readNetworkCards = (source: Source, pci: readonly PciOutline[]): readonly HostNeed[] => {
  const cards = pci
    .filter((one) => one.class.startsWith('02') && one.physicalFunction === null && one.driver !== 'vfio-pci')
    .map((one) => one.address);
  const virtual = new Set(pci.filter((one) => one.physicalFunction !== null).map((one) => one.address));
  const all = [...new Set([...cards, ...carriers(source)])].filter((address) => !virtual.has(address));
  const spares = all.slice(0, mostSpares + 1);
  // Most of thousands share one list.
  const ofOthers = spares.slice(0, mostSpares);
  const others = new Set(ofOthers);
  return all.map((address) => ({
    address,
    kind: 'network',
    chain:
      all.length === 1
        ? `the only network card → ${address}`
        : `one of the only ${all.length} network cards → ${address}`,
    spares: others.has(address) ? spares.filter((other) => other !== address) : ofOthers,
  }));
};

/** Interfaces may hang on USB or be of another class (InfiniBand, Thunderbolt). */
const carriers = (source: Source): readonly PciAddress[] =>
  source
    .list('/sys/class/net')
    .flatMap((name) => pciAddressesOf(realDevicePath(source, `/sys/class/net/${name}/device`) ?? '').at(-1) ?? []);

/** Serial lines that `console=` or the running kernel uses: on a plug-in card, or serial over LAN of the chipset. */
const readSerialNeeds = (source: Source): readonly HostNeed[] => {
  const asked = [...(source.text('/proc/cmdline') ?? '').matchAll(/(?:^|\s)console=(tty[A-Z]\w*)/g)].map(
    ([, name = '']) => name,
  );
  const active = (source.text('/sys/class/tty/console/active') ?? '')
    .split(/\s+/)
    .filter((name) => /^tty[A-Z]/.test(name));
  return [...new Set([...asked, ...active])].flatMap((name): readonly HostNeed[] => {
    const address = pciAddressesOf(realDevicePath(source, `/sys/class/tty/${name}/device`) ?? '').at(-1);
    return address === undefined
      ? []
      : [{address, kind: 'console', chain: `serial console → ${name} → ${address}`, spares: []}];
  });
};

/** Which PCI functions the host itself needs to come up and to be reached, or uses for data, each once for each kind of need. */
export const readNeeds = (
  source: Source,
  note: Note,
  pci: readonly PciOutline[],
  guests: readonly GuestDisks[] = [],
): readonly HostNeed[] => {
  const found = readStorageNeeds(source, note, guests).flatMap(({kind, what, chain}) =>
    needsOf(pci, kind, what, chain),
  );
  // Who would lose the disk of `/` need not hear what else is on it.
  const vital = new Set(found.filter(isVital).map(({address}) => address));
  const storage = found.filter(({kind, address}) => kind !== 'data' || !vital.has(address));
  const network = readNetworkNeeds(source).flatMap(({kind, chain}) =>
    needsOf(pci, kind, `${chain.words[0] ?? 'a route'} goes through`, {...chain, words: chain.words.slice(1)}),
  );
  const people = [...readDisplayNeeds(source, pci), ...readSerialNeeds(source), ...readKeyboardNeeds(source)];
  const needs = [...storage, ...network, ...readNetworkCards(source, pci), ...people];
  const seen = new Set<string>();
  return needs.filter(({kind, address}) => seen.size !== seen.add(`${kind} ${address}`).size);
};

/** The device's own function, and each controller above it that would take the device along (VMD, an SR-IOV parent). */
const needsOf = (
  pci: readonly PciOutline[],
  kind: HostNeed['kind'],
  start: string,
  chain: DeviceChain,
): readonly HostNeed[] => {
  const own = chain.path.at(-1);
  if (own === undefined) return [];
  const controllers = chain.path
    .slice(0, -1)
    .filter((address) => pci.some((one) => one.address === address && !one.isBridge));
  const parent = pci.find((one) => one.address === own)?.physicalFunction ?? null;
  const words = `${start} ${chain.words.join(' → ')}`;
  const need = (address: PciAddress): HostNeed => ({address, kind, chain: `${words} → ${address}`, spares: []});
  return [
    need(own),
    ...controllers.map(need),
    ...(parent === null ? [] : [{...need(parent), chain: `${words} → ${own}, a virtual function of ${parent}`}]),
  ];
};
