import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../../src/changes/preview.ts';
import {libvirtOf} from '../../../src/facts/virtualisation.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {applyChanges, rollback} from '../../../src/hosts/transactions.ts';
import {hypervisorOf} from '../../../src/hypervisor/hypervisors.ts';
import {proxmoxOf} from '../../../src/hypervisor/proxmox/proxmox-facts.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {sampleDevice, sampleProfile} from '../../support/sample-profile.ts';

const root = unpackHost('proxmox-gpu');
const facts = readHost(openSource(root, null));
const profile = (name: string) =>
  sampleProfile({devices: [sampleDevice('0000:0a:00.0', {id: '10de:1f08'})], guest: {name}});

describe('a made host tree of Proxmox VE', () => {
  it('is read with its cluster, its guests and what they take', () => {
    const {version, node, nodes, isQuorate, others, storages, bridges, guests} = proxmoxOf(facts);
    expect({version, node, nodes, isQuorate, others, bridges}).toEqual({
      version: '8.3.0',
      node: 'pve1',
      nodes: ['pve1', 'pve2'],
      isQuorate: true,
      others: [
        {vmid: 100, node: 'pve1', kind: 'container', name: 'dns'},
        {vmid: 104, node: 'pve2', kind: 'guest', name: 'mail'},
      ],
      bridges: ['vmbr0'],
    });
    expect(storages.map(({name, holdsDisks}) => [name, holdsDisks])).toEqual([
      ['local', false],
      ['local-lvm', true],
    ]);
    expect(guests).toMatchObject([
      {vmid: 101, name: 'win10', hosts: [], startsAtBoot: false, isActive: null},
      {vmid: 102, name: 'media', hosts: ['0000:0a:00'], memoryMiB: 4096},
      {vmid: 103, startsAtBoot: true, pageKiB: 2048, perNodeMiB: {0: 2048}, affinity: [0, 1]},
    ]);
    expect(hypervisorOf(facts).describe(facts)[1]).toBe('8.3.0, guests: 101 (win10), 102 (media), 103 (router)');
    expect(libvirtOf(facts).domains).toEqual([]);
  });

  it('is refused with more guests than any host has, before one is read', () => {
    const source = openSource(root, null);
    const list = (path: string): readonly string[] =>
      path === '/etc/pve/qemu-server'
        ? Array.from({length: 2001}, (_, index) => `${100 + index}.conf`)
        : source.list(path);
    expect(() => readHost({...source, list})).toThrow('/etc/pve/qemu-server holds 2001 guests');
  });

  it('has the text edited below another root, and every byte back after a rollback', async () => {
    const {plan, changes} = previewChanges(facts, profile('102'));
    const path = '/etc/pve/qemu-server/102.conf';
    expect(changes.find((change) => change.path === path)?.diff).toMatchInlineSnapshot(`
      "--- /etc/pve/qemu-server/102.conf
      +++ /etc/pve/qemu-server/102.conf
      @@ -1,14 +1,18 @@
       #Old%3A hostpci0 was 0000:0b:00
       #second line
      +affinity: 4-7,12-15
       agent: 1
      -balloon: 2048
      +balloon: 0
       boot: order=scsi0;net0
      -cores: 4
      -cpu: x86-64-v2-AES,flags=+aes
      +cores: 8
      +cpu: host,flags=+aes
       hostpci0: mapping=gpu,pcie=1
      +hugepages: 2
       machine: pc-q35-9.0
      -memory: 8192
      +memory: 12288
       name: media
      +numa: 1
      +numa0: cpus=0-7,hostnodes=0,memory=12288,policy=bind
       ostype: l26
       scsi0: local-lvm:vm-102-disk-0,size=32G
       smbios1: uuid=7c3d5a2e-0000-4000-8000-000000000102
      @@ -16,7 +20,6 @@
       
       [PENDING]
       delete: agent
      -memory: 4096
       
       [before]
       #a snapshot
      "
    `);
    const before = readFileSync(join(root, path), 'utf8');
    const machine = realMachine(root);
    const {signal} = new AbortController();
    const now = '2026-01-31T12:00:00.000Z';
    const request = {changes, plan, profileName: 'x', toolVersion: '0', now, id: '20260131T120000Z-aaaa'};
    await applyChanges(machine, request, () => undefined, signal);
    expect(readFileSync(join(root, path), 'utf8')).toContain('hostpci0: mapping=gpu,pcie=1\n');
    const again = readHost(openSource(root, null));
    expect(previewChanges(again, profile('102')).changes.filter((change) => change.path === path)).toEqual([]);
    await rollback(machine, {}, () => undefined, signal);
    expect(readFileSync(join(root, path), 'utf8')).toBe(before);
  });
});
