import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {openTree} from '../support/make-tree.ts';
import {machinesDirectory} from '../support/shared-data.ts';

const machines = machinesDirectory();
const roots = machines === null ? '' : join(machines, 'roots');
const sets = machines === null ? [] : readdirSync(roots).sort();
const treesOf = (set: string): readonly string[] =>
  readdirSync(join(roots, set), {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(roots, set, entry.name));

describe.skipIf(machines === null)('every real machine (needs the machine trees)', () => {
  it.each(sets)('of %s is read without a crash, into plain data', (set) => {
    const trees = treesOf(set);
    expect(trees.length).toBeGreaterThan(0);
    for (const tree of trees) {
      const facts = readHost(openSource(tree, null));
      expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
      expect(facts.notes.filter(({message, remedy}) => message === '' || remedy === '')).toEqual([]);
    }
  });
});

describe('odd trees', () => {
  it('reads an empty directory as a host of which nothing is known', () => {
    const facts = readHost(openSource('/var/empty-that-does-not-exist', null));
    expect(facts).toMatchObject({pci: [], needs: [], files: {}, boot: {firmware: null, loader: null}});
  });

  it('reads files of any content without a crash', () => {
    const garbage = fc.oneof(
      fc.uint8Array({maxLength: 80}).map((bytes) => Buffer.from(bytes)),
      fc.stringMatching(/^[-\d:, /=<>"#a-f\n\t.]{0,120}$/).map((text) => Buffer.from(text)),
    );
    const tree = openTree(Object.fromEntries(readPaths.map((path) => [path, ''])));
    fc.assert(
      fc.property(fc.infiniteStream(garbage), (stream) => {
        const contents = new Map<string, Buffer>();
        const bytes = (path: string): Buffer => {
          const content = contents.get(path) ?? stream.next().value;
          contents.set(path, content);
          return content;
        };
        const facts = readHost({...tree, bytes, text: (path) => bytes(path).toString('utf8')});
        expect(facts.version).toBe(1);
      }),
      {numRuns: 300},
    );
  });
});

const readPaths = [
  '/proc/cmdline',
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/proc/modules',
  '/proc/self/mountinfo',
  '/proc/swaps',
  '/proc/net/route',
  '/proc/net/ipv6_route',
  '/proc/bus/input/devices',
  '/proc/version',
  '/proc/config.gz',
  '/etc/fstab',
  '/etc/default/grub',
  '/etc/libvirt/qemu/a.xml',
  '/etc/libvirt/qemu/networks/b.xml',
  '/usr/share/qemu/firmware/x.json',
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/diversions',
  '/run/udev/data/b8:1',
  '/sys/class/block/sda/partition',
  '/sys/class/block/dm-0/dm/name',
  '/sys/dev/block/8:1/partition',
  '/sys/class/drm/card0-DP-1/status',
  '/sys/devices/system/cpu/cpu0/topology/core_id',
  '/sys/devices/system/cpu/online',
  '/sys/devices/system/cpu/cpu0/cache/index3/level',
  '/sys/devices/system/node/node0/meminfo',
  '/sys/devices/system/node/node0/distance',
  '/sys/bus/pci/devices/0000:01:00.0/vendor',
  '/sys/bus/pci/devices/0000:01:00.0/device',
  '/sys/bus/pci/devices/0000:01:00.0/config',
  '/sys/bus/pci/devices/0000:01:00.0/resource',
  '/sys/firmware/acpi/tables/DMAR',
  '/sys/firmware/acpi/tables/IVRS',
  '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c',
  '/sys/kernel/iommu_groups/1/reserved_regions',
  '/sys/kernel/security/lockdown',
  '/usr/share/misc/pci.ids',
];
