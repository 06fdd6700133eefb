import type {Source} from '../system/source.ts';
import type {DeviceChain} from './device-path.ts';
import type {HostNeed} from './facts.ts';
import {interfaceChains} from './interfaces.ts';
import {parseIpAddress, renderIpAddress} from './ip-address.ts';
import type {Route} from './routes.ts';
import {describeNetwork, interfacesTo, isDefault, readRoutes} from './routes.ts';
import type {SshSession} from './ssh-sessions.ts';
import {readSshSessions} from './ssh-sessions.ts';

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
    ...routes.filter(isDefault).map((route): Reason => ({kind: 'network', words: 'the default route', interface: route.interface})),
    ...(sessions ?? []).flatMap((session) => sessionReasons(routes, session)),
    ...others.map((route): Reason => ({kind: isTold ? 'route' : 'network', words: `the route to ${describeNetwork(route)}`, interface: route.interface})),
  ];
  // The best reason comes first, so it is kept where an interface has several.
  const byInterface = new Map<string, Reason>();
  for (const reason of reasons) if (!byInterface.has(reason.interface)) byInterface.set(reason.interface, reason);
  return [...byInterface.values()].flatMap((reason) => chainsOf(source, reason));
};

type Reason = {readonly kind: HostNeed['kind']; readonly words: string; readonly interface: string};

const chainsOf = (source: Source, reason: Reason): readonly NetworkNeed[] =>
  interfaceChains(source, reason.interface).map(({words, path}) => ({kind: reason.kind, chain: {words: [reason.words, ...words], path}}));

/** Where the answers leave, and where the address is that was called: with asymmetric routes these are two. */
const sessionReasons = (routes: readonly Route[], {client, server, zone}: SshSession): readonly Reason[] => {
  const names = zone === null ? [...interfacesTo(routes, client), ...interfacesTo(routes, server)] : [zone];
  return [...new Set(names)].map((name) => ({kind: 'network', words: `the ssh session from ${renderIpAddress(client)}`, interface: name}));
};

/** Ways to a server of the host's own disks: by its address where that is told, else by every route. */
export const networkChains = (source: Source, server: string | null): readonly DeviceChain[] => {
  const routes = readRoutes(source);
  const address = server === null ? null : parseIpAddress(server);
  const named = address === null ? [] : interfacesTo(routes, address);
  const names = named.length > 0 ? named : routes.map((route) => route.interface);
  return [...new Set(names)].flatMap((name) => interfaceChains(source, name));
};
