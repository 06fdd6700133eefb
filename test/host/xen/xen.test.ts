import {describe, expect, it} from 'vitest';
import {runChecks} from '../../../src/checks/run-checks.ts';
import {xenFacts, xlOutput} from '../../support/xen-facts.ts';
import {codesOf} from '../../hypervisor/xen/decide.ts';

describe('the machine below dom0', () => {
  const facts = xenFacts();

  it('is what Xen says, and nothing of dom0’s own two CPUs and one node', () => {
    expect(facts.cpu).toMatchObject({online: '0-3', virtualisation: 'svm'});
    expect(facts.cpu.cpus.map(({id, node, package: socket, siblings}) => [id, node, socket, siblings])).toEqual([
      [0, 0, 0, [0]],
      [1, 0, 0, [1]],
      [2, 1, 1, [2]],
      [3, 1, 1, [3]],
    ]);
    expect(facts.nodes.map(({id, cpus, distances, freeKiB}) => [id, cpus, distances, freeKiB])).toEqual([
      [0, [0, 1], [10, 21], 1677 * 1024],
      [1, [2, 3], [21, 10], 585 * 1024],
    ]);
    expect(facts.memory).toMatchObject({totalKiB: 3583 * 1024, hugepageSizesKiB: []});
  });

  it('has of a node only the memory that is certain: its span holds holes', () => {
    // 1792 + 3840 MiB of span, and 3583 MiB of memory: 2049 MiB are holes, of node 0 or of node 1.
    expect(facts.nodes.map(({memoryKiB}) => memoryKiB)).toEqual([null, (3840 - 2049) * 1024]);
  });

  it('has the card on the node that Xen says, where dom0 says -1', () => {
    expect(facts.pci.filter(({address}) => address === '0000:41:00.0')).toMatchObject([{numaNode: 1}]);
    expect(facts.pci.filter(({address}) => address === '0000:02:00.0')).toMatchObject([{numaNode: null}]);
  });

  it('has an IOMMU where virt_caps says hvm_directio, as a whole word', () => {
    const {virtualisation, iommu} = facts;
    expect(iommu).toMatchObject({active: true, groups: []});
    expect(virtualisation).toMatchObject({kind: 'xen', role: 'dom0', guestType: 'PV', version: '4.17.7'});
    const info = xlOutput('info', '-n');
    const without = facts.virtualisation.kind === 'xen' ? xenFacts({[info]: infoWith('hvm_directiox')}) : facts;
    expect(without.iommu.active).toBe(false);
  });

  it('reads the table of VT-d that Xen has renamed', () => {
    expect(facts.iommu).toMatchObject({
      acpiTable: 'DMAR',
      dmar: {interruptRemapping: true, units: [{includesAll: true}]},
    });
  });

  it('has no CPUs and no nodes where Xen does not answer, or its programs contradict each other', () => {
    expect(xenFacts({[xlOutput('info', '-n')]: null})).toMatchObject({cpu: {cpus: []}, nodes: []});
    const other = 'CPU\tcore\tsocket\tnode\nCPU0\t 0\t 0\t 0\n';
    expect(xenFacts({'/run/vfio-pilot/output/xenpm_get-cpu-topology': other})).toMatchObject({cpu: {cpus: []}});
  });
});

const infoWith = (capability: string): string =>
  `nr_cpus                : 1
nr_nodes               : 1
virt_caps              : pv hvm ${capability}
total_memory           : 1024
cpu_topology           :
cpu:    core    socket     node
  0:       0        0        0
numa_info              :
node:    memsize    memfree    distances
   0:      1024        100      10
`;

describe('who is asked', () => {
  it('reads the guests of /etc/xen, and which of them start with the host', () => {
    const {virtualisation} = xenFacts({
      '/etc/xen/win.cfg': 'name = "win"\nbuilder = "hvm"\npci = [ "41:00.*" ]\ncpus = [ "2", "3" ]\nmaxmem = 1024\n',
      '/etc/xen/pool.cfg': 'name = "pool"\nsched = "credit2"\ncpus = "2-3"\n',
      '/etc/xen/broken.cfg': 'name = \n',
    });
    expect(virtualisation.kind === 'xen' && virtualisation.guests).toMatchObject([
      {name: 'broken', problem: expect.stringContaining('a value is')},
      {name: 'mail', type: 'pvh', hosts: [], memoryMiB: 256, startsAtBoot: true, disks: ['/dev/vg0/mail']},
      {name: 'win', type: 'hvm', hosts: ['0000:41:00.0'], memoryMiB: 1024, pinnedCpus: [2, 3], startsAtBoot: false},
    ]);
  });

  it('knows a guest of Xen, an unmounted xenfs, and XCP-ng by its inventory', () => {
    expect(xenFacts({'/proc/xen/capabilities': '\n'}).virtualisation).toMatchObject({role: 'guest'});
    expect(xenFacts({'/proc/xen/capabilities': null}).virtualisation).toMatchObject({role: null});
    expect(
      xenFacts({'/etc/xensource-inventory': "PRODUCT_BRAND='XCP-ng'\nPRODUCT_VERSION='8.3.0'\n"}).virtualisation,
    ).toMatchObject({xapi: {product: 'XCP-ng', vms: null}});
  });

  it('failure mode 92: leaves a machine without Xen alone, and warns where Xen is installed', () => {
    const bare = xenFacts({'/sys/hypervisor/type': null, '/proc/xen/capabilities': null});
    expect(bare.virtualisation.kind).toBe('kvm');
    expect(bare.kernel).toMatchObject({hypervisor: 'unknown', xenImages: ['xen-4.17-amd64.gz']});
    expect(codesOf(bare)).toContain('warning xen-installed');
    expect(runChecks(bare).find(({id}) => id === 'xen-installed')).toMatchObject({
      status: 'warning',
      fact: expect.stringContaining('/boot/xen-4.17-amd64.gz'),
    });
    expect(codesOf(xenFacts())).toEqual([]);
    expect(runChecks(xenFacts()).map(({id}) => id)).not.toContain('xen-installed');
  });
});
