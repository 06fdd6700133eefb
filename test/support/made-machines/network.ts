import type {PciAddress} from '../../../src/facts/pci-address.ts';
import {type Card, controller, type Machine, need, next, plugCard} from './machine.ts';

type Port = {readonly name: string; readonly address: PciAddress};

const littleEndian = (dotted: string): string =>
  dotted
    .split('.')
    .reverse()
    .map((part) => Number(part).toString(16).padStart(2, '0').toUpperCase())
    .join('');

/** Cards, what is stacked upon them, routes and ssh sessions; returns the functions below the default route. */
export const buildNetwork = (machine: Machine): readonly PciAddress[] => {
  const {dice, tree} = machine;
  const ports = Array.from({length: 1 + dice.below(3)}, () => dice.pick(portMakers)(machine)).flat();
  machine.lastOf.push({what: 'network card', addresses: [...new Set(ports.map(({address}) => address))]});
  if (dice.chance(0.08)) return [];

  const [name, below] = dice.pick(stacks)(machine, ports);
  const routes = [
    `${name}\t00000000\t${littleEndian('192.0.2.1')}\t0003\t0\t0\t100\t00000000`,
    `${name}\t${littleEndian('192.0.2.0')}\t00000000\t0001\t0\t0\t100\t${littleEndian('255.255.255.0')}`,
  ];
  for (const {address} of below) need(machine, address, 'default route');

  const others = ports.filter((port) => !below.includes(port));
  const second = others.length > 0 && dice.chance(0.4) ? others[0]! : null;
  if (second !== null)
    routes.push(`${second.name}\t${littleEndian('10.9.0.0')}\t00000000\t0001\t0\t0\t0\t${littleEndian('255.255.0.0')}`);
  const isOverSecond = second !== null && dice.chance(0.5);
  if (isOverSecond) need(machine, second.address, 'ssh session');
  // A tree that somebody captured tells no sockets.
  if (dice.chance(0.95))
    tree['/proc/net/tcp'] = sockets(
      isOverSecond ? ['10.9.0.5', '10.9.3.3'] : dice.chance(0.7) ? ['192.0.2.5', '198.51.100.7'] : null,
    );
  tree['/proc/net/route'] = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n${routes.join('\n')}\n`;
  return below.map(({address}) => address);
};

const sockets = (session: readonly [string, string] | null): string => {
  const line = session === null ? '' : `   1: ${littleEndian(session[0])}:0016 ${littleEndian(session[1])}:C001 01 0\n`;
  return `  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A 0\n${line}`;
};

const port = (machine: Machine, card: Card, index: number, below = ''): Port => {
  const name = `eth${next(machine, 'eth')}`;
  const place = `${card.places[index]}${below}/net/${name}`;
  machine.tree[`/sys/class/net/${name}`] = {link: `../../devices/${place}`};
  machine.tree[`/sys/devices/${place}/device`] = {link: '../..'};
  return {name, address: card.addresses[index]!};
};

const ethernet = {class: '020000', id: '8086:1521', driver: 'igb'} as const;

const portMakers: readonly ((machine: Machine) => readonly Port[])[] = [
  (machine) => [port(machine, controller(machine, '1f.6', {class: '020000', id: '8086:15bc', driver: 'e1000e'}), 0)],
  (machine) => [port(machine, plugCard(machine, [ethernet]), 0)],
  (machine) => {
    const card = plugCard(machine, [ethernet, ethernet]);
    return [port(machine, card, 0), port(machine, card, 1)];
  },
  (machine) => [port(machine, plugCard(machine, [{class: '028000', id: '8086:2725', driver: 'iwlwifi'}]), 0)],
  (machine) => [
    port(
      machine,
      plugCard(machine, [{class: '020000', id: '1af4:1041', driver: 'virtio-pci'}]),
      0,
      `/virtio${next(machine, 'virtio')}`,
    ),
  ],
  (machine) => [
    port(
      machine,
      controller(machine, '14.0', {class: '0c0330', id: '8086:a36d', driver: 'xhci_hcd'}),
      0,
      '/usb1/1-3/1-3:1.0',
    ),
  ],
];

type Stack = (machine: Machine, ports: readonly Port[]) => readonly [string, readonly Port[]];

const over = (machine: Machine, name: string, lower: readonly string[]): string => {
  machine.tree[`/sys/class/net/${name}`] = {link: `../../devices/virtual/net/${name}`};
  for (const one of lower)
    machine.tree[`/sys/devices/virtual/net/${name}/lower_${one}`] = {link: `../../../../class/net/${one}`};
  machine.tree[`/sys/devices/virtual/net/${name}/mtu`] = '1500\n';
  return name;
};

const all = (ports: readonly Port[]): readonly string[] => ports.map(({name}) => name);

const stacks: readonly Stack[] = [
  (_, ports) => [ports[0]!.name, [ports[0]!]],
  (machine, ports) => [over(machine, 'br0', all(ports.slice(0, 1))), [ports[0]!]],
  (machine, ports) => [over(machine, 'br0', [over(machine, 'bond0', all(ports.slice(0, 2)))]), ports.slice(0, 2)],
  (machine, ports) => [over(machine, 'vlan7', [over(machine, 'team0', all(ports.slice(0, 2)))]), ports.slice(0, 2)],
  (machine, ports) => [over(machine, 'macvlan0', all(ports.slice(0, 1))), [ports[0]!]],
  (machine, ports) => {
    over(machine, 'ovs-system', all(ports.slice(0, 1)));
    return [over(machine, 'br-ex', []), [ports[0]!]];
  },
  (machine, ports) => {
    machine.tree['/proc/net/pppoe'] =
      `Id       Address              Device\n00000001 00:11:22:33:44:55 ${ports[0]!.name}\n`;
    return [over(machine, 'ppp0', []), [ports[0]!]];
  },
];
