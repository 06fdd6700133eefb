import {existsSync, readlinkSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {libvirtRegistry} from '../../src/hypervisor/kvm/registry.ts';
import type {Program} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {fileChange, ids, never, request, silent} from '../transaction/scenario.ts';
import {put, putLink, snapshot, text, withRoot} from '../transaction/scratch-root.ts';

const path = '/etc/libvirt/qemu/networks/vf-eth0.xml';
const definition =
  "<network>\n  <name>vf-eth0</name>\n  <forward mode='hostdev' managed='yes'>\n    <pf dev='eth0'/>\n  </forward>\n</network>\n";
const guestWith = (network: string): string =>
  `<domain type='kvm'><name>x</name><devices><interface type='network'><source network='${network}'/></interface></devices></domain>`;

/** What libvirt does to its folder in small: its own words, the link, and the state of what is started. */
const standIn =
  (asked: string[]): Program =>
  (argv, {root}) => {
    const [verb = '', last = ''] = argv.slice(3);
    asked.push(verb);
    const own = join(root, path);
    const link = join(root, '/etc/libvirt/qemu/networks/autostart/vf-eth0.xml');
    const started = join(root, '/run/libvirt/network/vf-eth0.xml');
    if (verb === 'net-define') writeFileSync(own, `<!-- AUTO-GENERATED -->\n${text(root, last)}`);
    if (verb === 'net-autostart') putLink(root, '/etc/libvirt/qemu/networks/autostart/vf-eth0.xml', path);
    if (verb === 'net-start') put(root, '/run/libvirt/network/vf-eth0.xml', '');
    if (verb === 'net-destroy') rmSync(started);
    if (verb === 'net-undefine') {
      rmSync(own);
      rmSync(link, {force: true});
    }
    return {exitCode: 0, stdout: verb === 'net-list' && existsSync(started) ? 'default\nvf-eth0\n\n' : '\n'};
  };

const fill = (root: string): void => {
  put(root, '/etc/libvirt/qemu/networks/default.xml', '<network><name>default</name></network>');
  put(root, '/etc/libvirt/qemu/networks/autostart/.keep', '');
  put(root, '/run/libvirt/network/.keep', '');
};

describe('a network of libvirt', () => {
  it('is defined and started with the host by virsh, and is gone to the byte after a rollback', () =>
    withRoot(async (root) => {
      fill(root);
      const before = snapshot(root);
      const asked: string[] = [];
      const machine = realMachine(root, {virsh: standIn(asked)});
      await applyChanges(machine, request([fileChange(machine, path, definition, 'guest', 0o600)]), silent, never);
      expect(asked).toEqual(['net-define', 'net-autostart']);
      expect(text(root, path)).toContain("<pf dev='eth0'/>");
      expect(readlinkSync(join(root, '/etc/libvirt/qemu/networks/autostart/vf-eth0.xml'))).toBe(path);
      await rollback(machine, {id: ids[0]}, silent, never);
      expect(asked.slice(2)).toEqual(['net-list', 'net-undefine']);
      expect(snapshot(root)).toEqual(before);
    }));

  it('is started at once where there are virtual functions, and stopped before it goes', () =>
    withRoot(async (root) => {
      fill(root);
      put(root, '/sys/class/net/eth0/device/sriov_numvfs', '2\n');
      const asked: string[] = [];
      const machine = realMachine(root, {virsh: standIn(asked)});
      await applyChanges(machine, request([fileChange(machine, path, definition, 'guest', 0o600)]), silent, never);
      expect(asked).toEqual(['net-define', 'net-autostart', 'net-list', 'net-start']);
      await rollback(machine, {id: ids[0]}, silent, never);
      expect(asked.slice(4)).toEqual(['net-list', 'net-destroy', 'net-undefine']);
    }));

  it('stays as long as a guest has a function from it, or another guest would not start without it', () =>
    withRoot(async (root) => {
      fill(root);
      const machine = realMachine(root, {virsh: standIn([])});
      await applyChanges(machine, request([fileChange(machine, path, definition, 'guest', 0o600)]), silent, never);
      const own = '/etc/libvirt/qemu/router.xml';
      put(root, own, guestWith('vf-eth0'));
      expect(kvm.whyInUse(machine, [path, own], [])).toBeNull();
      put(root, '/etc/libvirt/qemu/web.xml', guestWith('default'));
      expect(kvm.whyInUse(machine, [path, own], [])).toBeNull();

      put(root, '/etc/libvirt/qemu/nas.xml', guestWith('vf-eth0'));
      await expect(rollback(machine, {id: ids[0]}, silent, never)).rejects.toThrow(/The guest (?:nas|router) gets its/);
      expect(existsSync(join(root, path))).toBe(true);
      expect(kvm.whyInUse(machine, [path, own], [])).toMatchObject({
        problem: expect.stringContaining('The guest nas gets its network card from the network vf-eth0'),
        nextStep: expect.stringContaining('Roll back the run of nas first'),
      });

      put(root, '/run/libvirt/qemu/router.xml', `<domstatus state='running'>${guestWith('vf-eth0')}</domstatus>`);
      expect(kvm.whyInUse(machine, [path, own], [])).toMatchObject({
        nextStep: expect.stringContaining('virsh shutdown router'),
      });
    }));

  it('goes with the run that took it into a guest of your own, which gets its old definition back', () =>
    withRoot(async (root) => {
      fill(root);
      const own = '/etc/libvirt/qemu/router.xml';
      put(root, own, guestWith('default'));
      const before = snapshot(root);
      const machine = realMachine(root, {virsh: standIn([])});
      const changes = [
        fileChange(machine, path, definition, 'guest', 0o600),
        fileChange(machine, own, guestWith('vf-eth0')),
      ];
      await applyChanges(machine, request(changes), silent, never);
      expect(kvm.whyInUse(machine, [path], [])).toMatchObject({problem: expect.stringContaining('router')});
      await rollback(machine, {id: ids[0]}, silent, never);
      expect(snapshot(root)).toEqual(before);
    }));

  it('goes with an apply that takes it from the guest as well, and not with one that leaves it there', () =>
    withRoot(async (root) => {
      fill(root);
      const own = '/etc/libvirt/qemu/router.xml';
      put(root, own, guestWith('default'));
      const machine = realMachine(root, {virsh: standIn([])});
      const taken = [
        fileChange(machine, path, definition, 'guest', 0o600),
        fileChange(machine, own, guestWith('vf-eth0')),
      ];
      await applyChanges(machine, request(taken), silent, never);
      const gone = {...fileChange(machine, path, '', 'guest', 0o600), kind: 'remove' as const, content: null};
      await expect(applyChanges(machine, request([gone], ids[1]), silent, never)).rejects.toThrow('router');
      const changes = [fileChange(machine, own, guestWith('default')), gone];
      await applyChanges(machine, request(changes, ids[1]), silent, never);
      expect(existsSync(join(root, path))).toBe(false);
      expect(text(root, own)).toBe(guestWith('default'));
    }));

  it('is no guest of libvirt', () => {
    expect(libvirtRegistry.keeps(path)).toBe(false);
    expect(libvirtRegistry.keeps('/etc/libvirt/qemu/router.xml')).toBe(true);
    expect(kvm.moreRegistries.map(({keeps}) => keeps(path))).toEqual([true]);
  });
});
