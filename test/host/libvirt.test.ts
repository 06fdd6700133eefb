import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {parseDomainCapabilities, parseMachines, readLibvirt} from '../../src/host/libvirt/libvirt.ts';
import type {Source} from '../../src/system/source.ts';
import {openTree} from '../support/make-tree.ts';

type Tree = Parameters<typeof openTree>[0];

const readSource = (source: Source) => {
  const notes: Finding[] = [];
  return {...readLibvirt(source, (finding) => notes.push(finding)), notes};
};
const read = (tree: Tree) => readSource(openTree(tree));

const domain = `<!--
WARNING: AUTO-GENERATED FILE. <name>not this</name>
-->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <metadata><x:os xmlns:x="http://x"><name>nor this</name></x:os></metadata>
  <name>win10 &amp; games</name>
  <uuid>9c1b8f5e-1111-4222-8333-444455556666</uuid>
</domain>
`;

describe('libvirt', () => {
  it('takes versions from the package database without epoch and revision', () => {
    const status = [
      'libvirt-daemon\nStatus: install ok installed\nVersion: 9.0.0-4+deb12u2',
      'qemu-system-x86\nStatus: install ok installed\nVersion: 1:7.2+dfsg-7+deb12u5',
      'libvirt0\nStatus: deinstall ok config-files\nVersion: 1.0.0-1',
    ];
    const facts = read({'/var/lib/dpkg/status': `${status.map((stanza) => `Package: ${stanza}`).join('\n\n')}\n\n`});
    expect(facts).toMatchObject({version: '9.0.0', qemuVersion: '7.2'});
  });

  it('does not count a package that was removed', () => {
    expect(
      read({'/var/lib/dpkg/status': 'Package: libvirt-daemon\nStatus: deinstall ok config-files\nVersion: 9.0.0-4\n'})
        .version,
    ).toBeNull();
  });

  it('takes versions from the Arch database', () => {
    const facts = read({
      '/var/lib/pacman/local/libvirt-1:10.9.0-1/desc': '',
      '/var/lib/pacman/local/qemu-base-9.1.2-1/desc': '',
    });
    expect(facts).toMatchObject({version: '10.9.0', qemuVersion: '9.1.2'});
  });

  it('refuses a directory with more guests than any host has, before one is read', () => {
    const source = openTree({});
    const list = (count: number): Source => ({
      ...source,
      list: (path) =>
        path === '/etc/libvirt/qemu' ? Array.from({length: count}, (_, index) => `g${index}.xml`) : source.list(path),
    });
    expect(readSource(list(2000)).domains).toHaveLength(2000);
    expect(() => readSource(list(2001))).toThrow('/etc/libvirt/qemu holds 2001 guests');
  });

  it('lists domains with the name that the XML gives, autostart told by its link', () => {
    const facts = read({
      '/etc/libvirt/qemu/win10.xml': domain,
      '/etc/libvirt/qemu/autostart/win10.xml': {link: '/etc/libvirt/qemu/win10.xml'},
    });
    expect(facts.domains).toEqual([
      {
        name: 'win10 & games',
        uuid: '9c1b8f5e-1111-4222-8333-444455556666',
        path: '/etc/libvirt/qemu/win10.xml',
        xml: domain,
        isActive: null,
        isAutostart: true,
      },
    ]);
  });

  it('lists a broken domain and leaves out what is no domain', () => {
    const facts = read({
      '/etc/libvirt/qemu/broken.xml': '<domain><na',
      '/etc/libvirt/qemu/net.xml': '<network><name>x</name></network>',
      '/etc/libvirt/qemu/empty.xml': '',
    });
    expect(facts.domains.map(({name, uuid}) => [name, uuid])).toEqual([
      ['broken', null],
      ['empty', null],
    ]);
    expect(facts.notes).toMatchObject([
      {code: 'host-file-malformed', message: expect.stringContaining('/etc/libvirt/qemu/broken.xml:1:')},
    ]);
  });

  it('knows of a damaged domain what comes before the fault', () => {
    const facts = read({'/etc/libvirt/qemu/a.xml': '<domain><name>games</name><uuid>1</uuid><memory></domain>'});
    expect(facts.domains).toMatchObject([{name: 'games', uuid: '1'}]);
    expect(facts.notes).toMatchObject([{code: 'host-file-malformed', subject: '/etc/libvirt/qemu/a.xml'}]);
  });

  it('says so when an ordinary user may not read a domain', () => {
    const tree = openTree({'/etc/libvirt/qemu/win10.xml': domain});
    const facts = readSource({...tree, text: (path) => (path.endsWith('win10.xml') ? null : tree.text(path))});
    expect(facts.domains[0]).toMatchObject({name: 'win10', xml: null});
    expect(facts.notes).toMatchObject([{code: 'host-needs-root', subject: '/etc/libvirt/qemu/win10.xml'}]);
  });

  it('asks a running libvirt where it answers', () => {
    const answers: Readonly<Record<string, string>> = {
      'version --daemon': 'Using library: libvirt 9.0.0\nRunning against daemon: 9.1.0\n',
      'list --name': 'win10\n\n',
      'list --all --persistent --name': 'win10\nlinux\n\n',
      'dumpxml --inactive win10': '<domain><name>win10</name></domain>',
      'net-list --all --name': 'default\n\n',
    };
    const facts = readSource({
      ...openTree({}),
      run: (program, args) =>
        program === 'virsh' ? (answers[args.slice(3).join(' ')] ?? null) : 'QEMU emulator version 7.2.9 (Debian)',
    });
    expect(facts).toMatchObject({version: '9.1.0', qemuVersion: '7.2.9', networks: ['default']});
    expect(facts.domains.map(({name, isActive, xml}) => [name, isActive, xml !== null])).toEqual([
      ['win10', true, true],
      ['linux', false, false],
    ]);
  });

  it('knows which functions a network and an interface give a guest whole', () => {
    const network = (name: string, forward: string): string => `<network><name>${name}</name>${forward}</network>`;
    const directory = '/etc/libvirt/qemu/networks';
    const facts = read({
      [`${directory}/pool.xml`]: network(
        'pool',
        "<forward mode='hostdev' managed='yes'><address type='pci' domain='0' bus='0x05' slot='0x10' function='0x1'/></forward>",
      ),
      [`${directory}/direct.xml`]: network('direct', "<forward mode='passthrough'><interface dev='eth1'/></forward>"),
      [`${directory}/vf.xml`]: network('vf', "<forward mode='hostdev'><pf dev='eth1'/></forward>"),
      [`${directory}/default.xml`]: network('default', "<forward mode='nat'/>"),
      '/etc/libvirt/qemu/g.xml':
        "<domain><name>g</name><devices><interface type='direct'><source dev='eth2' mode='passthrough'/></interface><interface type='direct'><source dev='eth1' mode='vepa'/></interface></devices></domain>",
      '/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/class': '0x020000\n',
      '/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.1/class': '0x020000\n',
      '/sys/class/net/eth1/device': {link: '../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0'},
      '/sys/class/net/eth2/device': {link: '../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.1'},
    });
    expect(facts.networks).toEqual(['default', 'direct', 'pool', 'vf']);
    expect(facts.networkFunctions).toEqual({pool: ['0000:05:10.1'], direct: ['0000:03:00.0']});
    expect(facts.interfaceFunctions).toEqual({eth2: '0000:03:00.1'});
  });

  it('reads firmware descriptors for q35 and skips the rest', () => {
    const descriptor = (code: string, machine: string, features: readonly string[]): string =>
      JSON.stringify({
        'interface-types': ['uefi'],
        mapping: {device: 'flash', executable: {filename: code}, 'nvram-template': {filename: `${code}.vars`}},
        targets: [{architecture: 'x86_64', machines: [machine]}],
        features,
      });
    const facts = read({
      '/usr/share/qemu/firmware/50-secure.json': descriptor('/fw/secure', 'pc-q35-*', ['secure-boot', 'enrolled-keys']),
      '/usr/share/qemu/firmware/60-plain.json': descriptor('/fw/plain', 'pc-q35-*', []),
      '/usr/share/qemu/firmware/70-i440.json': descriptor('/fw/i440', 'pc-i440fx-*', []),
      '/usr/share/qemu/firmware/80-broken.json': '{',
      '/fw/secure': '',
      '/fw/plain': '',
      '/fw/i440': '',
    });
    expect(facts.firmware).toEqual([
      {code: '/fw/secure', vars: '/fw/secure.vars', hasSecureBoot: true, hasEnrolledKeys: true},
      {code: '/fw/plain', vars: '/fw/plain.vars', hasSecureBoot: false, hasEnrolledKeys: false},
    ]);
    expect(facts.notes).toMatchObject([
      {code: 'host-file-malformed', subject: '/usr/share/qemu/firmware/80-broken.json'},
    ]);
  });

  it('knows the usual places of OVMF without descriptors', () => {
    const facts = read({
      '/usr/share/OVMF/OVMF_CODE_4M.fd': '',
      '/usr/share/OVMF/OVMF_VARS_4M.fd': '',
      '/usr/bin/swtpm': '',
    });
    expect(facts.firmware).toEqual([
      {
        code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
        vars: '/usr/share/OVMF/OVMF_VARS_4M.fd',
        hasSecureBoot: false,
        hasEnrolledKeys: false,
      },
    ]);
    expect(facts.hasSwtpm).toBe(true);
  });

  it.each([
    [
      'what runs',
      {'/run/virtqemud.pid': '', '/etc/systemd/system/multi-user.target.wants/libvirtd.service': {link: '/lib/x'}},
      'virtqemud',
    ],
    [
      'what is enabled',
      {
        '/usr/sbin/libvirtd': '',
        '/usr/sbin/virtqemud': '',
        '/etc/systemd/system/sockets.target.wants/virtqemud.socket': {link: '/lib/x'},
      },
      'virtqemud',
    ],
    ['what is installed', {'/usr/sbin/libvirtd': ''}, 'libvirtd'],
    ['nothing when both are installed', {'/usr/sbin/libvirtd': '', '/usr/sbin/virtqemud': ''}, null],
  ])('finds the daemon by %s', (_, tree, daemon) => {
    expect(read(tree as Tree).daemon).toBe(daemon);
  });
});

describe('capabilities', () => {
  it('reads Hyper-V features, emulator and machines', () => {
    const xml =
      "<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><features><hyperv supported='yes'><enum name='features'><value>relaxed</value><value>vapic</value></enum></hyperv></features></domainCapabilities>";
    expect(parseDomainCapabilities(xml)).toEqual({
      emulator: '/usr/bin/qemu-system-x86_64',
      hypervFeatures: ['relaxed', 'vapic'],
    });
    expect(parseDomainCapabilities(null)).toEqual({emulator: null, hypervFeatures: null});
    expect(
      parseMachines(
        "<guest><arch name='x86_64'><machine maxCpus='288'>pc-q35-7.2</machine><machine canonical='pc-q35-7.2'>q35</machine></arch></guest>",
      ),
    ).toEqual(['pc-q35-7.2', 'q35']);
  });

  it('takes the name of a domain from the child of the root alone', () => {
    const cdata = "<domain><a b='>'/><![CDATA[<name>x</name>]]></domain>";
    const {domains} = read({'/etc/libvirt/qemu/cdata.xml': cdata});
    expect(domains.map(({name}) => name)).toEqual(['cdata']);
  });
});
