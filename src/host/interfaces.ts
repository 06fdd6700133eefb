import type {Source} from '../system/source.ts';
import type {DeviceChain} from './device-path.ts';
import {pciAddressesOf, realDevicePath} from './device-path.ts';

const maximumDepth = 8;

/** Every way from a network interface down to PCI, through bridges, bonds, VLANs, veth pairs, Open vSwitch and PPPoE. */
export const interfaceChains = (source: Source, name: string, above: readonly string[] = []): readonly DeviceChain[] => {
  const directory = `/sys/class/net/${name}`;
  if (above.length > maximumDepth || above.includes(name) || name.includes('/')) return [];
  const device = realDevicePath(source, `${directory}/device`);
  if (device !== null) return [{words: [name], path: pciAddressesOf(device)}];
  const chains = lowerInterfaces(source, name).flatMap((lower) => interfaceChains(source, lower, [...above, name]));
  return chains.map((chain) => ({words: [name, ...chain.words], path: chain.path}));
};

/** Bridge ports, bond and team members, the card below a VLAN or macvlan; else what the kernel does not link. */
const lowerInterfaces = (source: Source, name: string): readonly string[] => {
  const directory = `/sys/class/net/${name}`;
  const linked = lowerLinks(source, name);
  const bonded = source.text(`${directory}/bonding/slaves`)?.trim().split(/\s+/).filter((slave) => slave !== '') ?? [];
  const lower = [...new Set([...linked, ...source.list(`${directory}/brif`), ...bonded])];
  return lower.length > 0 ? lower : unlinkedInterfaces(source, name);
};

const lowerLinks = (source: Source, name: string): readonly string[] =>
  source.list(`/sys/class/net/${name}`).filter((entry) => entry.startsWith('lower_')).map((entry) => entry.slice('lower_'.length));

const unlinkedInterfaces = (source: Source, name: string): readonly string[] => {
  if (/^ppp\d+$/.test(name)) return pppoeCards(source);
  const far = farSide(source, name);
  if (far !== null) return [far];
  // Ports of an Open vSwitch are linked to its datapath, its own interfaces are not (kernel: net/openvswitch/vport-netdev.c).
  const isTap = source.exists(`/sys/class/net/${name}/tun_flags`);
  return isTap || name === 'ovs-system' ? [] : lowerLinks(source, 'ovs-system');
};

/** Columns Id Address Device; nothing links `ppp0` to its row. */
const pppoeCards = (source: Source): readonly string[] =>
  (source.text('/proc/net/pppoe') ?? '').split('\n').slice(1).flatMap((line) => line.trim().split(/\s+/)[2] ?? []);

/** What the other end of a veth pair is plugged into. An index may be of another namespace, so both ends must agree. */
const farSide = (source: Source, name: string): string | null => {
  const number = (other: string, file: string): string | undefined => source.text(`/sys/class/net/${other}/${file}`)?.trim();
  const [own, link] = [number(name, 'ifindex'), number(name, 'iflink')];
  if (own === undefined || link === undefined || own === link) return null;
  const peer = source.list('/sys/class/net').find((other) => number(other, 'ifindex') === link && number(other, 'iflink') === own);
  const master = peer === undefined ? null : source.link(`/sys/class/net/${peer}/master`);
  return master === null ? null : master.slice(master.lastIndexOf('/') + 1);
};
