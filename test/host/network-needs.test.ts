import {describe, expect, it} from 'vitest';
import {type HostNeed, isNeeded} from '../../src/facts/needs.ts';
import {openTree} from '../support/make-tree.ts';
import type {Tree} from './block-trees.ts';
import {pciFunction, read, readSource} from './read-needs.ts';

const isNoLastCard = ({chain}: HostNeed): boolean => !/^(?:one of )?the only /.test(chain);

describe('what the host needs for its network', () => {
  const card = (name: string, address: string): Tree => ({
    [`/sys/class/net/${name}`]: {link: `../../devices/pci0000:00/${address}/net/${name}`},
    [`/sys/devices/pci0000:00/${address}/net/${name}/device`]: {link: '../..'},
    [`/sys/devices/pci0000:00/${address}/class`]: '0x020000\n',
  });
  const route = (...lines: readonly string[]): Tree => ({
    '/proc/net/route': `Iface Destination Gateway Flags RefCnt Use Metric Mask\n${lines.join('\n')}\n`,
  });

  it('follows a bridge over a bond over two cards', () => {
    const {needs} = read({
      ...route('br0 00000000 0101A8C0 0003 0 0 0 00000000', 'br0 0001A8C0 00000000 0001 0 0 0 00FFFFFF'),
      '/sys/class/net/br0': {link: '../../devices/virtual/net/br0'},
      '/sys/devices/virtual/net/br0/brif/bond0': {link: 'x'},
      '/sys/devices/virtual/net/br0/lower_bond0': {link: '../bond0'},
      '/sys/class/net/bond0/lower_eth0': {link: 'x'},
      '/sys/class/net/bond0/lower_eth1': {link: 'x'},
      ...card('eth0', '0000:05:00.0'),
      ...card('eth1', '0000:05:00.1'),
    });
    expect(needs).toEqual([
      {
        address: '0000:05:00.0',
        kind: 'network',
        chain: 'the default route goes through br0 → bond0 → eth0 → 0000:05:00.0',
        spares: [],
      },
      {
        address: '0000:05:00.1',
        kind: 'network',
        chain: 'the default route goes through br0 → bond0 → eth1 → 0000:05:00.1',
        spares: [],
      },
    ]);
  });

  it('counts a route to one network, which may carry the session, but no link-local one', () => {
    const {needs} = read({
      ...route('eth0 000AA8C0 00000000 0001 0 0 0 00FFFFFF'),
      '/proc/net/ipv6_route': `fe80${'0'.repeat(28)} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001 eth1\n${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200 lo\n`,
      ...card('eth0', '0000:05:00.0'),
      ...card('eth1', '0000:06:00.0'),
    });
    expect(needs.filter(isNoLastCard).map(({chain}) => chain)).toEqual([
      'the route to 192.168.10.0/24 goes through eth0 → 0000:05:00.0',
    ]);
  });

  it('needs the physical function of a virtual one', () => {
    const pci = [pciFunction({address: '0000:05:10.0', physicalFunction: '0000:05:00.0'})];
    const {found} = read(
      {...route('eth2 00000000 0101A8C0 0003 0 0 0 00000000'), ...card('eth2', '0000:05:10.0')},
      pci,
    );
    expect(found).toEqual(['network 0000:05:10.0', 'network 0000:05:00.0']);
  });

  it('needs the last network card even without a route table, and of two only the one that is left', () => {
    expect(read(card('eth0', '0000:05:00.0')).needs).toEqual([
      {address: '0000:05:00.0', kind: 'network', chain: 'the only network card → 0000:05:00.0', spares: []},
    ]);
    const {needs} = read({...card('eth0', '0000:05:00.0'), ...card('eth1', '0000:06:00.0')});
    expect(needs).toMatchObject([
      {address: '0000:05:00.0', spares: ['0000:06:00.0']},
      {address: '0000:06:00.0', spares: ['0000:05:00.0']},
    ]);
    const [first] = needs;
    expect([[], ['0000:06:00.0' as const]].map((taken) => first !== undefined && isNeeded(first, taken))).toEqual([
      false,
      true,
    ]);
  });

  it('counts no virtual function as a card that is left, with an interface of its own or without', () => {
    const pci = [
      pciFunction({address: '0000:05:00.0', class: '020000'}),
      pciFunction({address: '0000:05:10.0', class: '020000', physicalFunction: '0000:05:00.0'}),
      pciFunction({address: '0000:05:10.2', class: '020000', physicalFunction: '0000:05:00.0'}),
    ];
    const {needs} = read({...card('eth0', '0000:05:00.0'), ...card('eth1', '0000:05:10.0')}, pci);
    expect(needs).toEqual([
      {address: '0000:05:00.0', kind: 'network', chain: 'the only network card → 0000:05:00.0', spares: []},
    ]);
  });

  it('counts no card that vfio-pci holds as one that is left', () => {
    const pci = [
      pciFunction({address: '0000:05:00.0', class: '020000', driver: 'igb'}),
      pciFunction({address: '0000:06:00.0', class: '020000', driver: 'vfio-pci'}),
    ];
    expect(read(card('eth0', '0000:05:00.0'), pci).needs).toMatchObject([{address: '0000:05:00.0', spares: []}]);
  });

  const bare = (needs: readonly HostNeed[]) => needs.filter(isNoLastCard).map(({kind, chain}) => `${kind}: ${chain}`);
  const twoCards: Tree = {
    ...route('eth0 00000000 0101A8C0 0003 0 0 0 00000000', 'eth1 00000A0A 00000000 0001 0 0 0 00FFFFFF'),
    ...card('eth0', '0000:05:00.0'),
    ...card('eth1', '0000:06:00.0'),
  };
  const header = '  sl  local_address rem_address   st tx_queue rx_queue\n';

  it('needs the card that an ssh session comes through, as the table of sockets tells it', () => {
    const sessionOnEth1 = {'/proc/net/tcp': `${header}   0: 05000A0A:0016 07000A0A:C3A8 01 0\n`};
    expect(bare(read({...twoCards, ...sessionOnEth1}).needs)).toEqual([
      'network: the default route goes through eth0 → 0000:05:00.0',
      'network: the ssh session from 10.10.0.7 goes through eth1 → 0000:06:00.0',
    ]);
  });

  it('only tells of a route that no session comes through', () => {
    const listening = {
      '/proc/net/tcp': `${header}   0: 00000000:0016 00000000:0000 0A 0\n   1: 0100007F:0016 0100007F:C3A8 01 0\n`,
    };
    expect(bare(read({...twoCards, ...listening}).needs)).toEqual([
      'network: the default route goes through eth0 → 0000:05:00.0',
      'route: the route to 10.10.0.0/24 goes through eth1 → 0000:06:00.0',
    ]);
  });

  it('knows the port that sshd listens on, and IPv4 in the table of IPv6', () => {
    const tree = {
      ...twoCards,
      '/etc/ssh/sshd_config.d/port.conf': 'Port 2222\n',
      '/proc/net/tcp6': `${header}   0: 0000000000000000FFFF000005000A0A:08AE 0000000000000000FFFF000007000A0A:C3A8 01 0\n`,
    };
    expect(bare(read(tree).needs)).toContain(
      'network: the ssh session from 10.10.0.7 goes through eth1 → 0000:06:00.0',
    );
  });

  it('finds SSH_CONNECTION in the environment of a process above sudo', () => {
    const tree = {
      ...twoCards,
      '/proc/self/stat': '7 (node (x)) S 6 7',
      '/proc/6/stat': '6 (sudo) S 5 6',
      '/proc/5/stat': '5 (bash) S 1 5',
      '/proc/5/environ': 'A=b\0SSH_CONNECTION=fe80::7%eth1 50000 fe80::5%eth1 22\0',
      '/proc/6/environ': 'A=b\0',
    };
    expect(bare(read(tree).needs)).toContain(
      'network: the ssh session from fe80:0:0:0:0:0:0:7 goes through eth1 → 0000:06:00.0',
    );
  });

  it('asks ip for the tables of policy rules and for every next hop', () => {
    const json = JSON.stringify([
      {dst: 'default', nexthops: [{dev: 'eth0'}, {dev: 'eth1'}], table: '100'},
      {type: 'local', dst: '10.1.1.1', dev: 'eth2'},
    ]);
    const tree = openTree({
      ...card('eth0', '0000:05:00.0'),
      ...card('eth1', '0000:06:00.0'),
      ...card('eth2', '0000:07:00.0'),
    });
    const {needs} = readSource({
      ...tree,
      run: (program, args) => (program === 'ip' && args.includes('-4') ? json : null),
    });
    expect(bare(needs)).toEqual([
      'network: the default route goes through eth0 → 0000:05:00.0',
      'network: the default route goes through eth1 → 0000:06:00.0',
    ]);
  });

  it.each([
    [
      'a VLAN over a team',
      {'/sys/class/net/wan/lower_team0': {link: 'x'}, '/sys/class/net/team0/lower_eth0': {link: 'x'}},
      'team0 → eth0',
    ],
    [
      'PPPoE',
      {
        '/sys/class/net/wan/ifindex': '3\n',
        '/proc/net/pppoe': 'Id       Address              Device\n00000001 00:11:22:33:44:55 eth0\n',
      },
      'eth0',
    ],
    [
      'an interface of Open vSwitch',
      {'/sys/class/net/wan/ifindex': '3\n', '/sys/class/net/ovs-system/lower_eth0': {link: 'x'}},
      'eth0',
    ],
    [
      'a veth pair into a bridge',
      {
        '/sys/class/net/wan/ifindex': '3\n',
        '/sys/class/net/wan/iflink': '4\n',
        '/sys/class/net/peer/ifindex': '4\n',
        '/sys/class/net/peer/iflink': '3\n',
        '/sys/class/net/peer/master': {link: '../br0'},
        '/sys/class/net/br0/lower_peer': {link: 'x'},
        '/sys/class/net/br0/lower_eth0': {link: 'x'},
      },
      'br0 → eth0',
    ],
  ])('goes through %s', (title, tree, words) => {
    const name = title === 'PPPoE' ? 'ppp0' : 'wan';
    const renamed = Object.fromEntries(
      Object.entries(tree as Tree).map(([path, entry]) => [path.replace('/wan/', `/${name}/`), entry]),
    );
    const {needs} = read({
      ...route(`${name} 00000000 0101A8C0 0003 0 0 0 00000000`),
      ...card('eth0', '0000:05:00.0'),
      ...renamed,
    });
    expect(needs[0]?.chain).toBe(`the default route goes through ${name} → ${words} → 0000:05:00.0`);
  });

  it('does not go round veth pairs and bridges for ever', () => {
    const tree = {'/sys/class/net/a/lower_b': {link: 'x'}, '/sys/class/net/b/lower_a': {link: 'x'}};
    expect(read({...route('a 00000000 0101A8C0 0003 0 0 0 00000000'), ...tree}).found).toEqual([]);
  });
});
