import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {captureFiles} from '../../src/capture/capture-files.ts';
import {makeScrubber} from '../../src/capture/scrub.ts';
import {writeCapture} from '../../src/capture/write-capture.ts';
import {UsageError} from '../../src/errors.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {makeTree} from '../support/make-tree.ts';
import {machinesDirectory} from '../support/shared-data.ts';
import {libvirtOf, type ProxmoxFacts} from '../../src/facts/virtualisation.ts';
import {proxmoxOf} from '../../src/hypervisor/proxmox/proxmox-facts.ts';
import {unpackHost} from '../support/host-tree.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-capture-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

let count = 0;
const captureAndUnpack = async (root: string): Promise<{archive: string; root: string}> => {
  count += 1;
  const archive = join(scratch, `${count}.tar.gz`);
  await writeCapture(openSource(root, null), archive);
  const unpacked = join(scratch, `${count}`);
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzpf', archive, '-C', unpacked]);
  return {archive, root: unpacked};
};

const factsOf = (root: string): HostFacts => ({...readHost(openSource(root, null)), root: '/'});
const allText = (root: string): string => {
  const {entries} = captureFiles(openSource(root, null));
  return entries
    .map(
      (entry) =>
        `${entry.path}\n${entry.type === 'link' ? entry.target : entry.type === 'file' ? entry.bytes.toString('latin1') : ''}`,
    )
    .join('\n');
};

const machines = machinesDirectory();
const uuid = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const machineId = 'abcdefabcdefabcdefabcdefabcdef12';

const personal = {
  '/etc/hostname': 'kalliope\n',
  '/etc/fstab': `UUID=${uuid} / ext4 defaults 0 1\nUUID=ABCD-1234 /boot/efi vfat umask=0077 0 1\n//nas/share /mnt cifs noauto,password=hunter2 0 0\n`,
  '/etc/shadow': 'root:$6$secret:1:0:99999:7:::\n',
  '/etc/libvirt/qemu.conf': 'vnc_password = "hunter2"\n',
  '/etc/libvirt/qemu/win10.xml': `<domain>\n  <name>win10</name>\n  <uuid>${uuid}</uuid>\n  <interface type='network'><mac address='52:54:00:aa:bb:cc'/></interface>\n  <disk><serial>WD-12345</serial><source dev='/dev/disk/by-id/ata-Samsung_SSD_S3Z9NB0K-part2'/></disk>\n  <graphics passwd='hunter2'/>\n</domain>\n`,
  '/etc/default/grub': `GRUB_CMDLINE_LINUX_DEFAULT="quiet iommu.passthrough=1 root=/dev/mapper/kalliope--vg-root rd.luks.uuid=${uuid}"\n`,
  '/boot/loader/entries/abcdefabcdefabcdefabcdefabcdef12-6.1.0.conf': `title kalliope\noptions root=UUID=${uuid}\n`,
  '/boot/efi/abcdefabcdefabcdefabcdefabcdef12/6.1.0/linux': 'a kernel',
  '/boot/vmlinuz-6.1.0-18-amd64': 'a kernel',
  '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=UUID=ABCD-1234\n',
  '/proc/bus/input/devices':
    'I: Bus=0005\nN: Name="Keyboard"\nP: Phys=00:1a:7d:da:71:13\nS: Sysfs=/devices/virtual/x\nU: Uniq=34:88:5d:11:22:33\nH: Handlers=sysrq kbd\n\n',
  '/dev/disk/by-uuid/ABCD-1234': {link: '../../sda1'},
  [`/dev/disk/by-uuid/${uuid}`]: {link: '../../sda2'},
  '/sys/class/net/enx00a0c91e6bf6': {link: '../../devices/pci0000:00/0000:00:14.0/usb1/net/enx00a0c91e6bf6'},
  '/sys/devices/pci0000:00/0000:00:14.0/usb1/net/enx00a0c91e6bf6/device': {link: '../..'},
  '/sys/devices/pci0000:00/0000:00:14.0/usb1/net/enx00a0c91e6bf6/address': '00:a0:c9:1e:6b:f6\n',
  '/proc/net/route':
    'Iface Destination Gateway Flags RefCnt Use Metric Mask\nenx00a0c91e6bf6 00000000 0101A8C0 0003 0 0 0 00000000\n',
  '/sys/class/block/sda1': {link: '../../devices/pci0000:00/0000:00:17.0/block/sda/sda1'},
  '/sys/class/block/sda2': {link: '../../devices/pci0000:00/0000:00:17.0/block/sda/sda2'},
  '/sys/devices/pci0000:00/0000:00:17.0/block/sda/sda1/partition': '1\n',
  '/sys/devices/pci0000:00/0000:00:17.0/block/sda/sda2/partition': '2\n',
};

describe('capture', () => {
  it('leaves out what names the machine or its owner', () => {
    const text = allText(makeTree(personal));
    for (const secret of [
      'kalliope',
      uuid,
      'ABCD-1234',
      '52:54:00:aa:bb:cc',
      '00:1a:7d',
      '34:88:5d',
      '00a0c91e6bf6',
      'WD-12345',
      'S3Z9NB0K',
      'hunter2',
      '$6$',
      machineId,
      'a kernel',
      '00:a0:c9',
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('quiet iommu.passthrough=1');
  });

  it('reads to the same needs, domains and boot chain when unpacked, because links still match', async () => {
    const tree = makeTree(personal);
    const before = factsOf(tree);
    const after = factsOf((await captureAndUnpack(tree)).root);
    expect(before.needs.map(({kind}) => kind)).toEqual(['root', 'esp', 'network']);
    const shape = ({kind, address}: {kind: string; address: string}) => [kind, address];
    expect(after.needs.map(shape)).toEqual(before.needs.map(shape));
    expect(libvirtOf(after).domains.map(({name}) => name)).toEqual(['win10']);
    expect({...after.boot, commandLine: null, next: null}).toEqual({...before.boot, commandLine: null, next: null});
  });

  it('has the cluster of a node of Proxmox VE, and of other guests the names only', async () => {
    const tree = unpackHost('proxmox-gpu');
    writeFileSync(join(tree, 'etc/pve/nodes/pve2/qemu-server/104.conf'), 'name: mail\nargs: -secret\n');
    const storages = readFileSync(join(tree, 'etc/pve/storage.cfg'), 'utf8');
    writeFileSync(join(tree, 'etc/pve/storage.cfg'), `${storages}\tusername somebody\n`);
    const unpacked = (await captureAndUnpack(tree)).root;
    const [before, after] = [factsOf(tree), factsOf(unpacked)].map(proxmoxOf);
    const named = (text: unknown): unknown => JSON.parse(JSON.stringify(text).replaceAll('pve1', 'host'));
    const shape = ({
      guests,
      others,
      storages: all,
      mappings,
      nodes,
      isQuorate,
      version,
      qemuServerVersion,
    }: ProxmoxFacts) => ({
      guests,
      others,
      all,
      mappings,
      nodes: [...nodes].sort(),
      isQuorate,
      version,
      qemuServerVersion,
    });
    if (before === undefined || after === undefined) throw new Error('no facts');
    expect(shape(after)).toEqual(named({...shape(before), nodes: ['host', 'pve2']}));
    const text = allText(tree);
    for (const word of ['-secret', 'somebody', '192.0.2.1', '"home"']) expect(text).not.toContain(word);
  });

  it('writes a file that only its owner may read, and never over another', async () => {
    const {archive} = await captureAndUnpack(makeTree(personal));
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    const taken = join(scratch, 'taken.tar.gz');
    writeFileSync(taken, 'mine');
    await expect(writeCapture(openSource(makeTree({}), null), taken)).rejects.toThrow(UsageError);
    expect(readFileSync(taken, 'utf8')).toBe('mine');
    await expect(writeCapture(openSource(makeTree({}), null), join(scratch, 'no/such/x.tar.gz'))).rejects.toThrow(
      /lies in a directory that does not exist/,
    );
  });

  it('clears the serial number in config space and nothing else', () => {
    const config = Buffer.alloc(4096, 0x11);
    config.writeUInt32LE((0x140 << 20) | 0x10001, 0x100);
    config.writeUInt32LE(0x10003, 0x140);
    const root = makeTree({
      '/sys/bus/pci/devices/0000:05:00.0': {link: '../../../devices/pci0000:00/0000:05:00.0'},
      '/sys/devices/pci0000:00/0000:05:00.0/config': config,
    });
    const entry = captureFiles(openSource(root, null)).entries.find(({path}) => path.endsWith('/config'));
    const expected = Buffer.from(config);
    expected.fill(0, 0x144, 0x14c);
    expect(entry).toMatchObject({type: 'file', bytes: expected});
  });

  it('does not hang on links that loop', () => {
    const root = makeTree({'/etc/modprobe.d/a.conf': {link: 'b.conf'}, '/etc/modprobe.d/b.conf': {link: 'a.conf'}});
    expect(captureFiles(openSource(root, null)).entries.map(({type}) => type)).toEqual(['link', 'link']);
  });

  it
    .skipIf(machines === null)
    .each([
      'composite/am4-turducken',
      'ghw/linux-amd64-amd-ryzen-1600',
      'nri-plugins/4-socket-server-nosnc',
      'linuxhw/01ACEA39AAB2',
    ])('reads to the same facts when unpacked: %s (needs the machine trees)', async (name) => {
    const root = join(machines ?? '', 'roots', name);
    expect(factsOf((await captureAndUnpack(root)).root)).toEqual(factsOf(root));
  });
});

describe('scrubbing', () => {
  it('gives one value one replacement, in any place and case', () => {
    const {values} = makeScrubber(null);
    const first = values(`UUID=${uuid}`);
    expect(first).not.toContain(uuid);
    expect(values(`/dev/disk/by-uuid/${uuid.toUpperCase()}`)).toBe(`/dev/disk/by-uuid/${first.slice('UUID='.length)}`);
    expect(values('enx00a0c91e6bf6 00:a0:c9:1e:6b:f6')).toBe('enx000000000002 00:00:00:00:00:02');
  });

  it('replaces nothing twice', () => {
    const {names} = makeScrubber('kalliope');
    const once = names(`UUID=${uuid} UUID=AB-12 mac 00:a0:c9:1e:6b:f6 kalliope /dev/disk/by-id/ata-X_1-part1`);
    expect(names(once)).toBe(once);
  });

  it('keeps the names of EFI variables, and a host name that is a common word', () => {
    expect(makeScrubber('debian').names('LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f debian')).toBe(
      'LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f debian',
    );
  });

  it('keeps PCI addresses, ids and kernel arguments', () => {
    const text =
      '0000:01:00.0 10de:1c81 vfio-pci.ids=10de:1c81,10de:0fb9 iommu=pt kvm.ignore_msrs=1 0x00000000fed90000';
    expect(makeScrubber('kalliope').names(text)).toBe(text);
  });
});
