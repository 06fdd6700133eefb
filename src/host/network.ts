import type {Source} from '../system/source.ts';
import type {DeviceChain} from './device-path.ts';
import {pciAddressesOf, realDevicePath} from './device-path.ts';

const maximumDepth = 8;

/** Every way from a route down to the PCI function of a network card; a route may be how the user is logged in. */
export const networkChains = (source: Source): readonly DeviceChain[] => {
  const routes = [...parseRoutes(source.text('/proc/net/route') ?? ''), ...parseRoutes6(source.text('/proc/net/ipv6_route') ?? '')];
  const byInterface = new Map<string, string>();
  // The default route is the better reason, so it is kept where an interface has several.
  for (const {name, target} of [...routes].sort((left, right) => rank(left.target) - rank(right.target))) {
    if (!byInterface.has(name)) byInterface.set(name, target);
  }
  return [...byInterface].flatMap(([name, target]) =>
    interfaceChains(source, name, 0).map((chain) => ({words: [target === 'default' ? 'the default route' : `the route to ${target}`, ...chain.words], path: chain.path})),
  );
};

type Route = {readonly name: string; readonly target: string};

const rank = (target: string): number => (target === 'default' ? 0 : 1);

/** include/uapi/linux/route.h */
const rejectFlag = 0x0200;

/** Columns Iface Destination Gateway Flags RefCnt Use Metric Mask; addresses are little-endian hexadecimal. */
const parseRoutes = (text: string): readonly Route[] =>
  text.split('\n').slice(1).flatMap((line): readonly Route[] => {
    const [name, destination, , flags, , , , mask] = line.trim().split(/\s+/);
    if (name === undefined || destination === undefined || flags === undefined || mask === undefined) return [];
    if (name === 'lo' || (Number.parseInt(flags, 16) & rejectFlag) !== 0) return [];
    const isDefault = /^0+$/.test(destination) && /^0+$/.test(mask);
    return [{name, target: isDefault ? 'default' : `${dotted(destination)}/${bitsOf(mask)}`}];
  });

const dotted = (hex: string): string => (hex.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)).join('.');

const bitsOf = (hex: string): number => Number.parseInt(hex, 16).toString(2).replaceAll('0', '').length;

/** Each interface that is up has link-local and multicast routes, which reach nobody by themselves. */
const parseRoutes6 = (text: string): readonly Route[] =>
  text.split('\n').flatMap((line): readonly Route[] => {
    const [destination, length, , , , , , , flags, name] = line.trim().split(/\s+/);
    if (destination === undefined || flags === undefined || name === undefined || name === 'lo') return [];
    if (/^(?:fe80|ff)/.test(destination) || (Number.parseInt(flags, 16) & rejectFlag) !== 0) return [];
    const isDefault = /^0+$/.test(destination) && length === '00';
    return [{name, target: isDefault ? 'default' : 'an IPv6 network'}];
  });

const interfaceChains = (source: Source, name: string, depth: number): readonly DeviceChain[] => {
  const directory = `/sys/class/net/${name}`;
  if (depth > maximumDepth || name.includes('/')) return [];
  const device = realDevicePath(source, `${directory}/device`);
  if (device !== null) return [{words: [name], path: pciAddressesOf(device)}];
  return lowerInterfaces(source, directory).flatMap((lower) =>
    interfaceChains(source, lower, depth + 1).map((chain) => ({words: [name, ...chain.words], path: chain.path})),
  );
};

/** Bridge ports, bond and team members, the card below a VLAN or macvlan. */
const lowerInterfaces = (source: Source, directory: string): readonly string[] => {
  const linked = source.list(directory).filter((entry) => entry.startsWith('lower_')).map((entry) => entry.slice('lower_'.length));
  const bonded = source.text(`${directory}/bonding/slaves`)?.trim().split(/\s+/).filter((slave) => slave !== '') ?? [];
  return [...new Set([...linked, ...source.list(`${directory}/brif`), ...bonded])];
};
