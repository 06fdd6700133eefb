import {describe, expect, it} from 'vitest';
import {nextStartOf, parseGuestConfig, parsePropertyString, valueOf} from '../../src/formats/qemu-server/config.ts';
import {coversFunction, parseHostPci} from '../../src/formats/qemu-server/hostpci.ts';
import {parsePciMappings} from '../../src/formats/qemu-server/pci-mapping.ts';

const text = `#the description, with hostpci0: 0000:09:00 in it
bios: ovmf
hostpci0: 0000:01:00,pcie=1,x-vga=1
memory: 8192
name: win10
not a line

[PENDING]
delete: hostpci0,!vga
hostpci1: 02:00.1

[before-driver]
#a snapshot
hostpci0: 0000:05:00
snaptime: 1700000000
`;

describe('the configuration of a guest of Proxmox', () => {
  const config = parseGuestConfig(text);

  it('is read section by section, and a description is no setting', () => {
    expect(config.current.map(({key}) => key)).toEqual(['bios', 'hostpci0', 'memory', 'name']);
    expect(valueOf(config.current, 'hostpci0')).toBe('0000:01:00,pcie=1,x-vga=1');
    expect(valueOf(config.snapshots['before-driver'] ?? [], 'hostpci0')).toBe('0000:05:00');
    expect(config.strange).toEqual([6]);
  });

  it('is at the next start what waits in PENDING', () => {
    expect(nextStartOf(config).map(({key, value}) => `${key}=${value}`)).toEqual([
      'bios=ovmf',
      'memory=8192',
      'name=win10',
      'hostpci1=02:00.1',
    ]);
  });

  it('has the last of two lines with one key', () => {
    expect(valueOf(parseGuestConfig('name: a\nname: b\n').current, 'name')).toBe('b');
  });
});

describe('a property string', () => {
  it('has one part that may come without a name', () => {
    expect([...(parsePropertyString('host,hidden=1', 'cputype') ?? [])]).toEqual([
      ['cputype', 'host'],
      ['hidden', '1'],
    ]);
  });

  it.each(['host,x86', 'pcie=1,pcie=0'])('is refused where Proxmox refuses it: %s', (value) => {
    expect(parsePropertyString(value, 'host')).toBeNull();
  });
});

describe('hostpci', () => {
  it.each([
    ['0000:01:00,pcie=1', ['0000:01:00']],
    ['host=01:00.0;01:00.1', ['0000:01:00.0', '0000:01:00.1']],
    ['10000:e1:00.0', ['10000:e1:00.0']],
  ])('%s names its devices', (value, hosts) => expect(parseHostPci(value)?.hosts).toEqual(hosts));

  it.each(['0000:6:00.0', '0000:0A:00.0', '01:00,mapping=gpu', 'pcie=1', '0000:01:00.9'])('%s is refused', (value) => {
    expect(parseHostPci(value)).toBeNull();
  });

  it('means every function where it names none', () => {
    expect(coversFunction('0000:01:00', '0000:01:00.1')).toBe(true);
    expect(coversFunction('0000:01:00.0', '0000:01:00.1')).toBe(false);
    expect(coversFunction('0000:01:0', '0000:01:00.1')).toBe(false);
  });

  it('may name a mapping of the cluster', () => {
    expect(parseHostPci('mapping=gpu,pcie=1')).toMatchObject({hosts: [], mapping: 'gpu', pcie: true});
    const mappings = parsePciMappings(
      '#a comment\ngpu\n\tdescription the card\n\tmap id=10DE:1c81,iommugroup=17,node=alpha,path=0000:06:00,subsystem-id=1462:1234\n\tmap id=10de:1c81,node=beta,path=0000:0b:00.0;0000:0b:00.1\n\tmap node=beta,path=nonsense\n',
    );
    const none = {subsystem: null, iommuGroup: null};
    expect(mappings).toEqual([
      {
        name: 'gpu',
        node: 'alpha',
        hosts: ['0000:06:00'],
        id: '10de:1c81',
        subsystem: '1462:1234',
        iommuGroup: 17,
      },
      {...none, name: 'gpu', node: 'beta', hosts: ['0000:0b:00.0', '0000:0b:00.1'], id: '10de:1c81'},
    ]);
  });
});
