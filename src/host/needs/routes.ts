import {type IpAddress, parseIpAddress, parseKernelAddress, renderIpAddress} from '../../facts/ip-address.ts';
import type {Source} from '../../system/source.ts';

/** Through which interface a network is reached. */
export type Route = {readonly interface: string; readonly network: IpAddress; readonly bits: number};

/** include/uapi/linux/route.h, ipv6_route.h: reject; and what a host has for its own, anycast and multicast addresses. */
const rejectFlag = 0x0200;
const ownFlags = 0x80100000;

/**
 * Routes that lead to somebody else. /proc/net/route holds only the main table and of several next hops only the
 * first; on the running machine `ip` tells the tables of policy rules too.
 */
export const readRoutes = (source: Source): readonly Route[] => {
  const ask = (family: string): string => source.run('ip', ['-j', family, 'route', 'show', 'table', 'all']) ?? '';
  const asked = [...parseJson(ask('-4'), 32), ...parseJson(ask('-6'), 128)];
  const told = [
    ...parseRoutes(source.text('/proc/net/route') ?? ''),
    ...parseRoutes6(source.text('/proc/net/ipv6_route') ?? ''),
    ...asked,
  ];
  const routes = told.filter((route) => route.interface !== 'lo' && !isLinkLocal(route));
  return [...new Map(routes.map((route) => [`${route.interface} ${describeNetwork(route)}`, route])).values()];
};

export const isDefault = (route: Route): boolean => route.bits === 0;

export const describeNetwork = ({network, bits}: Route): string => `${renderIpAddress(network)}/${bits}`;

/** Interfaces of the longest routes that hold the address: several where next hops share the load. */
export const interfacesTo = (routes: readonly Route[], address: IpAddress): readonly string[] => {
  const holding = routes.filter((route) => holds(route, address));
  const longest = Math.max(...holding.map((route) => route.bits));
  return [...new Set(holding.filter((route) => route.bits === longest).map((route) => route.interface))];
};

const holds = ({network, bits}: Route, {width, value}: IpAddress): boolean => {
  const rest = BigInt(width - bits);
  return network.width === width && value >> rest === network.value >> rest;
};

/** Each interface that is up has link-local and multicast routes, which reach nobody on their own. */
const isLinkLocal = ({network: {width, value}}: Route): boolean =>
  width === 128 && (value >> 120n === 0xffn || value >> 118n === 0x3fan);

/** Columns Iface Destination Gateway Flags RefCnt Use Metric Mask. */
const parseRoutes = (text: string): readonly Route[] =>
  text
    .split('\n')
    .slice(1)
    .flatMap((line): readonly Route[] => {
      const [name, destination = '', , flags = '', , , , mask = ''] = line.trim().split(/\s+/);
      const network = parseKernelAddress(destination);
      if (name === undefined || network === null || (Number.parseInt(flags, 16) & rejectFlag) !== 0) return [];
      return [{interface: name, network, bits: Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length}];
    });

/** Destination and prefix length first, flags ninth, interface last; addresses in network byte order. */
const parseRoutes6 = (text: string): readonly Route[] =>
  text.split('\n').flatMap((line): readonly Route[] => {
    const [destination, length = '', , , , , , , flags = '', name] = line.trim().split(/\s+/);
    if (destination === undefined || !/^[0-9a-f]{32}$/i.test(destination) || name === undefined) return [];
    if ((Number.parseInt(flags, 16) & (rejectFlag | ownFlags)) !== 0) return [];
    return [
      {interface: name, network: {width: 128, value: BigInt(`0x${destination}`)}, bits: Number.parseInt(length, 16)},
    ];
  });

type JsonRoute = {
  readonly type?: unknown;
  readonly dst?: unknown;
  readonly dev?: unknown;
  readonly nexthops?: readonly {readonly dev?: unknown}[];
};

/** ip-route(8) with -j: `[{"dst":"default","gateway":"…","dev":"eth0"}]`; only routes of other types name their type. */
const parseJson = (text: string, width: 32 | 128): readonly Route[] => {
  try {
    const routes: unknown = JSON.parse(text === '' ? '[]' : text);
    return Array.isArray(routes)
      ? routes.flatMap((route: JsonRoute | null) =>
          route === null || typeof route !== 'object' ? [] : decodeRoute(route, width),
        )
      : [];
  } catch {
    return [];
  }
};

const decodeRoute = (route: JsonRoute, width: 32 | 128): readonly Route[] => {
  if (typeof route.dst !== 'string' || (route.type !== undefined && route.type !== 'unicast')) return [];
  const [address = '', length] = route.dst.split('/');
  const network = address === 'default' ? {width, value: 0n} : parseIpAddress(address);
  const hops = [route, ...(Array.isArray(route.nexthops) ? route.nexthops : [])];
  if (network === null) return [];
  const bits = address === 'default' ? 0 : length === undefined ? network.width : Number(length);
  return hops.flatMap(({dev}) => (typeof dev === 'string' ? [{interface: dev, network, bits}] : []));
};
