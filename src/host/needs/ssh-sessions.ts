import {type IpAddress, isLoopback, parseIpAddress, parseKernelAddress} from '../../facts/ip-address.ts';
import type {Source} from '../../system/source.ts';

/** A connection by which somebody is logged in; `zone` is the interface of a link-local address. */
export type SshSession = {readonly client: IpAddress; readonly server: IpAddress; readonly zone: string | null};

/**
 * The ssh sessions that are open now; `null` when nothing tells. sudo drops SSH_CONNECTION, and tmux keeps an old one,
 * so the kernel's table of sockets counts, and the environment of this process and those above it only adds to it.
 */
export const readSshSessions = (source: Source): readonly SshSession[] | null => {
  const tables = [source.text('/proc/net/tcp'), source.text('/proc/net/tcp6')].filter((text) => text !== null);
  const told = readAncestors(source).flatMap((environment) => parseConnection(environment));
  if (tables.length === 0 && told.length === 0) return null;
  const ports = new Set([...sshPorts(source), ...told.map(({port}) => port)]);
  const open = tables.flatMap((text) => parseSockets(text, ports));
  return [...open, ...told.map(({session}) => session)].filter(({server}) => !isLoopback(server));
};

/** sshd_config(5): several `Port` lines and `ListenAddress` with a port are possible. */
const sshPorts = (source: Source): readonly number[] => {
  const drops = source.list('/etc/ssh/sshd_config.d').map((name) => `/etc/ssh/sshd_config.d/${name}`);
  const text = ['/etc/ssh/sshd_config', ...drops].map((path) => source.text(path) ?? '').join('\n');
  const named = [...text.matchAll(/^\s*(?:Port[\s=]+|ListenAddress[\s=]+\S+:)(\d+)\s*$/gim)].map(([, port]) =>
    Number(port),
  );
  return [22, ...named];
};

/** include/net/tcp_states.h */
const established = '01';

/** Columns sl local_address rem_address st …, each address with its port after a colon. */
const parseSockets = (text: string, ports: ReadonlySet<number>): readonly SshSession[] =>
  text
    .split('\n')
    .slice(1)
    .flatMap((line): readonly SshSession[] => {
      const [, local = '', remote = '', state] = line.trim().split(/\s+/);
      const [host = '', port = ''] = local.split(':');
      const [server, client] = [parseKernelAddress(host), parseKernelAddress(remote.split(':')[0] ?? '')];
      return state !== established || !ports.has(Number.parseInt(port, 16)) || server === null || client === null
        ? []
        : [{client, server, zone: null}];
    });

/** ssh(1): client address, client port, server address, server port. */
const parseConnection = (environment: string): readonly {readonly session: SshSession; readonly port: number}[] => {
  const line = environment.split('\0').find((entry) => entry.startsWith('SSH_CONNECTION='));
  const [from = '', , to = '', port] = line?.slice('SSH_CONNECTION='.length).split(' ') ?? [];
  const [[bare = '', zone = null], [own = '']] = [from.split('%'), to.split('%')];
  const [client, server] = [parseIpAddress(bare), parseIpAddress(own)];
  return client === null || server === null ? [] : [{session: {client, server, zone}, port: Number(port)}];
};

const maximumAncestors = 32;

/** proc(5): the parent is the fourth field of stat, after a name that may itself hold spaces and parentheses. */
const readAncestors = (source: Source): readonly string[] => {
  const environments: string[] = [];
  let process = 'self';
  while (environments.length < maximumAncestors) {
    environments.push(source.text(`/proc/${process}/environ`) ?? '');
    const stat = source.text(`/proc/${process}/stat`) ?? '';
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
    if (!/^[1-9]\d*$/.test(parent)) break;
    process = parent;
  }
  return environments;
};
