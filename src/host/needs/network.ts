import {parseIpAddress, renderIpAddress} from '../../facts/ip-address.ts';
import type {HostNeed} from '../../facts/needs.ts';
import type {Source} from '../../system/source.ts';
import {type DeviceChain, pciAddressesOf, realDevicePath} from '../pci/pci-function.ts';
import {describeNetwork, interfacesTo, isDefault, readRoutes, type Route} from './routes.ts';
import {readSshSessions, type SshSession} from './ssh-sessions.ts';

const maximumDepth = 8;

/** Every way from a network interface down to PCI, through bridges, bonds, VLANs, veth pairs, Open vSwitch and PPPoE. */
const interfaceChains = (source: Source, name: string, above: readonly string[] = []): readonly DeviceChain[] => {
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
  const bonded =
    source
      .text(`${directory}/bonding/slaves`)
      ?.trim()
      .split(/\s+/)
      .filter((slave) => slave !== '') ?? [];
  const lower = [...new Set([...linked, ...source.list(`${directory}/brif`), ...bonded])];
  return lower.length > 0 ? lower : unlinkedInterfaces(source, name);
};

const lowerLinks = (source: Source, name: string): readonly string[] =>
  source
    .list(`/sys/class/net/${name}`)
    .filter((entry) => entry.startsWith('lower_'))
    .map((entry) => entry.slice('lower_'.length));

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
  (source.text('/proc/net/pppoe') ?? '')
    .split('\n')
    .slice(1)
    .flatMap((line) => line.trim().split(/\s+/)[2] ?? []);

/** What the other end of a veth pair is plugged into. An index may be of another namespace, so both ends must agree. */
const farSide = (source: Source, name: string): string | null => {
  const number = (other: string, file: string): string | undefined =>
    source.text(`/sys/class/net/${other}/${file}`)?.trim();
  const [own, link] = [number(name, 'ifindex'), number(name, 'iflink')];
  if (own === undefined || link === undefined || own === link) return null;
  const peer = source
    .list('/sys/class/net')
    .find((other) => number(other, 'ifindex') === link && number(other, 'iflink') === own);
  const master = peer === undefined ? null : source.link(`/sys/class/net/${peer}/master`);
  return master === null ? null : master.slice(master.lastIndexOf('/') + 1);
};

/** The first word says what leads there: `the default route`. */
export type NetworkNeed = {readonly kind: HostNeed['kind']; readonly chain: DeviceChain};

/**
 * Every way from what reaches this machine down to a network card: the default routes, the ssh sessions, and other
 * routes. Those are a need where a session may come through them, because nothing tells the sessions or no default
 * route leads elsewhere; otherwise they are only told.
 */
export const readNetworkNeeds = (source: Source): readonly NetworkNeed[] => {
  const routes = readRoutes(source);
  const sessions = readSshSessions(source);
  const isTold = sessions !== null && routes.some(isDefault);
  const others = routes.filter((route) => !isDefault(route));
  const reasons: readonly Reason[] = [
    ...routes
      .filter(isDefault)
      .map((route): Reason => ({kind: 'network', words: 'the default route', interface: route.interface})),
    ...(sessions ?? []).flatMap((session) => sessionReasons(routes, session)),
    ...others.map((route): Reason => ({
      kind: isTold ? 'route' : 'network',
      words: `the route to ${describeNetwork(route)}`,
      interface: route.interface,
    })),
  ];
  // The best reason comes first, so it is kept where an interface has several.
  const byInterface = new Map<string, Reason>();
  for (const reason of reasons) if (!byInterface.has(reason.interface)) byInterface.set(reason.interface, reason);
  return [...byInterface.values()].flatMap((reason) => chainsOf(source, reason));
};

type Reason = {readonly kind: HostNeed['kind']; readonly words: string; readonly interface: string};

const chainsOf = (source: Source, reason: Reason): readonly NetworkNeed[] =>
  interfaceChains(source, reason.interface).map(({words, path}) => ({
    kind: reason.kind,
    chain: {words: [reason.words, ...words], path},
  }));

/** Where the answers leave, and where the address is that was called: with asymmetric routes these are two. */
const sessionReasons = (routes: readonly Route[], {client, server, zone}: SshSession): readonly Reason[] => {
  const names = zone === null ? [...interfacesTo(routes, client), ...interfacesTo(routes, server)] : [zone];
  return [...new Set(names)].map((name) => ({
    kind: 'network',
    words: `the ssh session from ${renderIpAddress(client)}`,
    interface: name,
  }));
};

/** Ways to a server of the host's own disks: by its address where that is known, else by every route. */
export const networkChains = (source: Source, server: string | null): readonly DeviceChain[] => {
  const routes = readRoutes(source);
  const address = server === null ? null : parseIpAddress(server);
  const named = address === null ? [] : interfacesTo(routes, address);
  const names = named.length > 0 ? named : routes.map((route) => route.interface);
  return [...new Set(names)].flatMap((name) => interfaceChains(source, name));
};
