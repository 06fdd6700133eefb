import {describe, expect, it} from 'vitest';
import {domainUse} from '../../src/facts/domain-use.ts';

const use = (inside: string | null) =>
  domainUse(
    {
      xml:
        inside === null
          ? null
          : `<?xml version='1.0'?>\n<!-- <memory>1</memory> -->\n<domain type='kvm'>${inside}</domain>`,
    },
    {
      networkFunctions: {cards: ['0000:05:00.0']},
      networkPools: {functions: 'enp9s0'},
      interfaceFunctions: {enp3s0: '0000:03:00.0'},
    },
  );

describe('what a domain takes', () => {
  it('are pinned CPUs, devices, memory and pages, each on its node', () => {
    const found = use(`<memory unit='GiB'>12</memory>
      <memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>
      <cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu="1" cpuset="5"/><emulatorpin cpuset='0'/></cputune>
      <numatune><memory mode='strict' nodeset='1'/></numatune>
      <devices>
        <hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x0a' slot='0x1f' function='0x2'/></source><address type='pci' domain='0' bus='1' slot='0' function='0'/></hostdev>
        <hostdev mode='subsystem' type='usb'><source><address bus='1' device='4'/></source></hostdev>
      </devices>`);
    expect(found).toMatchObject({pinnedCpus: [4, 5], hostdevs: ['0000:0a:1f.2'], memoryKiB: 12582912, pageKiB: 2048});
    expect([...found.perNodeKiB]).toEqual([[1, 12582912]]);
  });

  it('are what its networks and interfaces give it whole, not what the host keeps', () => {
    const card = (source: string, type: string): string => `<interface type='${type}'><source ${source}/></interface>`;
    const found = use(`<devices>
      ${card("network='cards'", 'network')}${card("network='default'", 'network')}
      ${card("dev='enp3s0' mode='passthrough'", 'direct')}${card("dev='enp4s0' mode='bridge'", 'direct')}
    </devices>`);
    expect(found.hostdevs).toEqual(['0000:05:00.0', '0000:03:00.0']);
    const pooled = use(`<devices>${card("network='functions'", 'network')}</devices>`);
    expect([pooled.hostdevs, pooled.pools, found.pools]).toEqual([[], ['enp9s0'], []]);
    expect(use(`<devices>${card("dev='enp3s0' mode='bridge'", 'direct')}</devices>`).hostdevs).toEqual([]);
  });

  it('are the disks of the host, its leases, and its SCSI devices', () => {
    const found = use(`<devices>
      <disk type='block'><source dev='/dev/sdb'/></disk><disk type='file'><source file='/srv/a.qcow2'/></disk>
      <lease><lockspace>one</lockspace><key>two</key><target path='/dev/vg/leases' offset='1024'/></lease>
      <hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host2'/><address bus='0' target='1' unit='3'/></source></hostdev>
    </devices>`);
    expect(found.disks).toEqual(['/dev/sdb', '/dev/vg/leases', '/sys/bus/scsi/devices/2:0:1:3']);
    const astray = use(
      "<devices><hostdev type='scsi'><source><adapter name='scsi_host2'/><address unit='0/../../../../etc'/></source></hostdev></devices>",
    );
    expect(astray.disks).toEqual([]);
  });

  it('is counted by cell where cells have nodes of their own', () => {
    const found =
      use(`<memory>3145728</memory><cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/><cell id='1' cpus='1' memory='2097152'/></numa></cpu>
      <numatune><memory mode='strict' nodeset='0-1'/><memnode cellid='0' mode='strict' nodeset='3'/><memnode cellid='1' mode='strict' nodeset='2'/></numatune>`);
    expect([...found.perNodeKiB]).toEqual([
      [3, 1048576],
      [2, 2097152],
    ]);
  });

  it('is divided where it may be on several nodes, and nothing where the domain says nothing', () => {
    expect([
      ...use(`<memory unit='MiB'>2048</memory><numatune><memory mode='interleave' nodeset='0,2'/></numatune>`)
        .perNodeKiB,
    ]).toEqual([
      [0, 1048576],
      [2, 1048576],
    ]);
    for (const inside of [null, '', '<memory>much</memory><cputune><vcpupin vcpu="0" cpuset="x"/></cputune><memory'])
      expect(use(inside)).toMatchObject({pinnedCpus: [], hostdevs: [], memoryKiB: 0, pageKiB: null});
  });

  it('leaves out vCPUs that may wander', () => {
    expect(
      use(`<cputune><vcpupin vcpu='0' cpuset='0-7'/><vcpupin vcpu='1' cpuset='8,20'/></cputune>`).pinnedCpus,
    ).toEqual([8, 20]);
  });

  it('takes pages without a size for those of 2 MiB', () => {
    expect(use('<memoryBacking><hugepages/></memoryBacking>').pageKiB).toBe(2048);
    expect(use(`<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>`).pageKiB).toBe(
      1048576,
    );
  });
});
