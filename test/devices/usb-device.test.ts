import {spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {deviceKinds, identityOf} from '../../src/devices/device-kinds.ts';
import {pluggingPaths} from '../../src/devices/usb-device/plugging.ts';
import type {GuestClaim} from '../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {UsbDevice} from '../../src/facts/usb.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {readUsb} from '../../src/host/usb/usb.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {openSource} from '../../src/system/source.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {addedIn} from '../support/added-in.ts';
import {sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {writeTree} from '../support/write-tree.ts';

// All devices here are invented.
const controller = '0000:00:14.0';
const grub = sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'});
const pad = (more: Partial<UsbDevice> = {}): UsbDevice => ({
  port: '1-2',
  id: '046d:c21f',
  name: 'Logitech Wireless Gamepad F710',
  controller,
  isKeyboard: false,
  disks: [],
  interfaces: [],
  release: '0305',
  classes: [{class: 'ff', subclass: '5d', protocol: '01'}],
  ...more,
});
const host = (usb: readonly UsbDevice[] = [pad()], more: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(undefined, {
    pci: [...samplePciFunctions, samplePci(controller, {class: '0c0330', driver: 'xhci_hcd', iommuGroup: 70})],
    files: grub,
    usb,
    ...more,
  });
const usb = (id = '046d:c21f', port: string | null = null): ProfileDevice => ({kind: 'usb-device', usb: {id, port}});
const plan = (devices: readonly ProfileDevice[], facts: HostFacts = host(), guest = 'nas') =>
  previewChanges(facts, sampleProfile({devices, guest: {name: guest, os: 'linux'}}));
const codes = ({findings}: {readonly findings: readonly Finding[]}): readonly string[] =>
  findings
    .map(({severity, code}) => `${severity} ${code}`)
    .filter((text) => text.includes('usb') || text.includes('shared'));

const scratch: string[] = [];
afterAll(() => {
  for (const root of scratch) rmSync(root, {recursive: true, force: true});
});

describe('a USB device in a profile', () => {
  const text = `version: 2
name: nas
devices:
  - usb: {id: 046D:C21F, port: 1-4.2}
  - usb: {id: 046d:c21f, port: 1-4.3}
cpu:
  vcpus: 4
memory:
  size: 4 GiB
guest:
  name: nas
`;

  it('is known by its ids, and by its port where there are two', () => {
    const {profile, findings} = decodeProfile(text, 'nas.yaml');
    expect(findings).toEqual([]);
    if (profile === null) throw new Error('not decoded');
    expect(profile.devices.map(identityOf)).toEqual(['usb/046d:c21f@1-4.2', 'usb/046d:c21f@1-4.3']);
    expect(decodeProfile(encodeProfile(profile), 'nas.yaml').profile).toEqual(profile);
  });

  it.each([
    ['046D:C21F', '46d', 'devices[0].usb.id', /not a USB id/],
    ['port: 1-4.2', 'port: 1-4.2.', 'devices[0].usb.port', /not a USB port/],
    ['1-4.3', '1-4.2', 'devices[1].usb', /listed twice/],
    ['version: 2', 'version: 1', 'devices[0].usb', /no devices with `usb`/],
  ])('is refused with its place where %s is %s', (from, to, subject, message) => {
    expect(decodeProfile(text.replace(from, to), 'nas.yaml').findings[0]).toMatchObject({
      subject,
      message: expect.stringMatching(message),
    });
  });

  it('is proposed by ids, also when it is not plugged in, or by the port that it is at', () => {
    const two = host([pad(), pad({port: '1-3'})]);
    const understood = (facts: HostFacts, words: string) =>
      deviceKinds.map((kind) => kind.understand(facts, words)).find((one) => one !== null) ?? null;
    expect(understood(host(), 'usb/1234:5678')).toEqual({ok: true, identity: 'usb/1234:5678'});
    expect(understood(host(), 'usb/1-2')).toEqual({ok: true, identity: 'usb/046d:c21f@1-2'});
    expect(understood(host(), 'usb/9-9')).toMatchObject({ok: false});
    const names = (facts: HostFacts) =>
      deviceKinds
        .flatMap((kind) => kind.candidates(facts))
        .filter(({kind}) => kind === 'usb-device')
        .flatMap(({identities}) => identities);
    expect(names(host())).toEqual(['usb/046d:c21f']);
    expect(names(two)).toEqual(['usb/046d:c21f@1-2', 'usb/046d:c21f@1-3']);
    expect(proposeProfile(host(), ['usb/046d:c21f@1-2']).devices).toEqual([usb('046d:c21f', '1-2')]);
  });
});

describe('the plan of a guest with a USB device', () => {
  const {script, rule} = pluggingPaths('nas');

  it('has it as optional in the definition, and a rule for when it comes and goes', () => {
    const preview = plan([usb()]);
    expect(addedIn(preview, '/etc/libvirt/qemu/nas.xml')).toMatch(
      /<hostdev mode='subsystem' type='usb' managed='yes'>\s*<source startupPolicy='optional'>\s*<vendor id='0x046d'\/>\s*<product id='0xc21f'\/>\s*<\/source>\s*<\/hostdev>/,
    );
    expect(addedIn(preview, rule)).toContain(
      `ACTION=="add|remove", SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{PRODUCT}=="46d/c21f/*", RUN+="/usr/bin/systemd-run --no-block --collect --quiet /bin/sh ${script}"`,
    );
    expect(addedIn(preview, script)).toContain('\nplug 046d:c21f any\n');
    expect(preview.changes).toContainEqual(
      expect.objectContaining({kind: 'run', path: '/usr/bin/udevadm control --reload'}),
    );
    expect(preview.changes.map(({path}) => path).filter((path) => /initramfs|modprobe|80-usb/.test(path))).toEqual([]);
    // Only what a card writes to needs all memory at all times.
    expect(addedIn(preview, '/etc/libvirt/qemu/nas.xml')).not.toContain('memballoon');
  });

  it('has one of two equal ones by its port, from a hook and not from the definition', () => {
    const two = host([pad(), pad({port: '1-3'})]);
    expect(codes(plan([usb()], two))).toEqual(['blocker usb-ambiguous']);
    const preview = plan([usb('046d:c21f', '1-3')], two);
    expect(codes(preview)).toEqual([]);
    expect(addedIn(preview, '/etc/libvirt/qemu/nas.xml')).not.toContain('<hostdev');
    expect(addedIn(preview, script)).toContain('\nplug 046d:c21f 1-3\n');
    const hook = addedIn(preview, '/etc/libvirt/hooks/qemu.d/vfio-pilot-80-usb-nas');
    expect(hook).toContain(
      `'started begin')\n\t/usr/bin/systemd-run --no-block --collect --quiet /bin/sh ${script} 9>&-`,
    );
    const old = {...libvirtOf(host()), version: '6.0.0'};
    expect(codes(plan([usb('046d:c21f', '1-3')], host([pad({port: '1-3'})], {virtualisation: old})))).toEqual([
      'warning usb-only-when-plugged',
    ]);
  });

  it('leaves the entry that the guest has, and takes what it wrote away when it is not wanted any more', () => {
    const path = '/etc/libvirt/qemu/nas.xml';
    const xml = `<domain type='kvm'><name>nas</name><devices><hostdev mode='subsystem' type='usb'><source><vendor id='0x046D'/><product id='0xC21F'/></source></hostdev></devices></domain>`;
    const domains = [{name: 'nas', uuid: null, path, xml, isActive: false, isAutostart: false}];
    const files = {...grub, [path]: sampleFile(path, xml)};
    const facts = host([pad()], {files, virtualisation: {...libvirtOf(host()), domains}});
    const added = addedIn(plan([usb()], facts), path);
    expect(added.match(/<hostdev/g) ?? []).toHaveLength(1);
    expect(added).toContain("<source startupPolicy='optional'><vendor id='0x046D'/>");
    const own = '# Generated by vfio-pilot\n';
    const before = host([pad()], {files: {...grub, ...sampleFiles({[rule]: own, [script]: own})}});
    const gone = plan([sampleDevice('0000:06:00.0'), sampleDevice('0000:06:00.1')], before).changes;
    for (const one of [rule, script]) expect(gone).toContainEqual(expect.objectContaining({path: one, kind: 'remove'}));
  });

  it('says what speaks against it', () => {
    expect(codes(plan([usb()], host([pad({id: '1111:2222'})])))).toEqual(['note usb-absent']);
    expect(codes(plan([usb('046d:c21f', '1-9')]))).toEqual(['note usb-absent']);
    expect(codes(plan([usb(), sampleDevice(controller)]))).toContain('blocker usb-controller-taken');
    const needs = (kind: 'keyboard' | 'route'): Partial<HostFacts> => ({
      needs: [{address: controller, kind, chain: `the only one → ${controller}`, spares: []}],
    });
    const keyboard = pad({isKeyboard: true});
    expect(codes(plan([usb()], host([keyboard], needs('keyboard'))))).toEqual(['blocker usb-needed-by-host']);
    expect(
      codes(plan([usb()], host([keyboard, pad({port: '1-5', id: '1:2', isKeyboard: true})], needs('keyboard')))),
    ).toEqual([]);
    expect(codes(plan([usb()], host([pad()], needs('keyboard'))))).toEqual([]);
    expect(codes(plan([usb()], host([pad({interfaces: ['enx0']})], needs('route'))))).toEqual([
      'blocker usb-needed-by-host',
    ]);
    const hostDisks = [{paths: ['/dev/sdb', '/dev/sdb1'], use: '/ is on it'}];
    expect(codes(plan([usb()], host([pad({disks: ['sdb']})], {hostDisks})))).toEqual(['blocker usb-needed-by-host']);
    expect(codes(plan([usb()], host([pad({disks: ['sdc']})], {hostDisks})))).toEqual([]);
  });

  it('warns of another guest that has it too, unless the ports differ', () => {
    const claim = (port: string | null): GuestClaim =>
      claimOf(plan([usb('046d:c21f', port)], host(), 'other').plan, []);
    const facts = (port: string | null) => ({...host(), guests: {recorded: [claim(port)], printed: null}});
    expect(codes(plan([usb()], facts(null)))).toEqual(['warning device-shared-with-guest']);
    expect(codes(plan([usb('046d:c21f', '1-2')], facts('1-3')))).toEqual([]);
  });

  it('is verified: two equal ones would keep the guest from starting', () => {
    const applied = {version: 3, plan: plan([usb()]).plan, bootId: 'before'} as const;
    const status = (devices: readonly UsbDevice[]) =>
      verifyPlan(host(devices), applied, 'after')
        .filter(({id}) => id === 'usb-one')
        .map((one) => `${one.id} ${one.status}`)
        .join();
    expect([status([]), status([pad()]), status([pad(), pad({port: '1-3'})])]).toEqual([
      'usb-one kept',
      'usb-one kept',
      'usb-one broken',
    ]);
  });
});

describe('the script that plugs in', () => {
  const text = addedIn(plan([usb(), usb('1234:5678', '2-1')]), pluggingPaths('nas').script);
  const made = () => {
    const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-usb-'));
    scratch.push(root);
    const put = (path: string, content: string): void => {
      mkdirSync(dirname(join(root, path)), {recursive: true});
      writeFileSync(join(root, path), content);
    };
    mkdirSync(join(root, 'run/libvirt/qemu'), {recursive: true});
    mkdirSync(join(root, 'sys/bus/usb/devices'), {recursive: true});
    put('live', '');
    put('virsh', `#!/bin/dash\n[ "$1" = dumpxml ] && exec cat ${root}/live\necho "$1 $2" >> ${root}/asked\nexit 0\n`);
    spawnSync('chmod', ['755', join(root, 'virsh')]);
    const at = (port: string): string => join(root, 'sys/bus/usb/devices', port);
    return {
      start: (pid = '42') => put('run/libvirt/qemu/nas.pid', `${pid}\n`),
      stop: () => rmSync(join(root, 'run/libvirt/qemu/nas.pid')),
      pull: (port: string) => rmSync(at(port), {recursive: true}),
      live: (xml: string) => put('live', xml),
      plug: (port: string, id: string, number: number) => {
        const [vendor = '', product = ''] = id.split(':');
        const values = {idVendor: vendor, idProduct: product, busnum: port.split('-')[0], devnum: String(number)};
        for (const [name, value] of Object.entries(values)) put(`sys/bus/usb/devices/${port}/${name}`, `${value}\n`);
      },
      run: () => {
        rmSync(join(root, 'asked'), {force: true});
        const own = text
          .replace(/^run=\/run$/m, `run=${root}/run`)
          .replace(/^sysfs=\/sys$/m, `sysfs=${root}/sys`)
          .replace(/^virsh=.*$/m, `virsh=${root}/virsh`);
        expect(own).toContain(`${root}/virsh`);
        writeFileSync(join(root, 'script'), own);
        const {status, stderr} = spawnSync('/bin/dash', [join(root, 'script')], {encoding: 'utf8'});
        const asked = existsSync(join(root, 'asked')) ? readFileSync(join(root, 'asked'), 'utf8').trim() : '';
        return {status, stderr, asked};
      },
      xml: () => {
        const [pid = ''] = readdirSync(join(root, 'run/vfio-pilot/usb/nas'));
        const directory = join(root, 'run/vfio-pilot/usb/nas', pid);
        return readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
      },
    };
  };

  it('does nothing for a guest that is off', () => {
    const one = made();
    one.plug('1-2', '046d:c21f', 7);
    expect(one.run()).toEqual({status: 0, stderr: '', asked: ''});
  });

  it('gives a running guest what is there, once, and what is meant by its port only there', () => {
    const one = made();
    one.start();
    one.plug('1-2', '046d:c21f', 7);
    one.plug('2-2', '1234:5678', 3);
    expect(one.run()).toEqual({status: 0, stderr: '', asked: 'attach-device nas'});
    expect(one.xml()).toEqual([
      "<hostdev mode='subsystem' type='usb' managed='yes'>\n  <source>\n    <vendor id='0x046d'/>\n    <product id='0xc21f'/>\n    <address bus='1' device='7'/>\n  </source>\n</hostdev>\n",
    ]);
    expect(one.run().asked).toBe('');
    one.plug('2-1', '1234:5678', 4);
    expect(one.run().asked).toBe('attach-device nas');
  });

  it('takes away what was pulled out, and gives it again when it comes back', () => {
    const one = made();
    one.start();
    one.plug('1-2', '046d:c21f', 7);
    one.run();
    one.pull('1-2');
    expect(one.run().asked).toBe('detach-device nas');
    expect(one.run().asked).toBe('');
    one.plug('1-3', '046d:c21f', 8);
    expect(one.run().asked).toBe('attach-device nas');
  });

  it('leaves what the guest has from its start, and takes it away likewise', () => {
    const one = made();
    one.start();
    one.plug('1-2', '046d:c21f', 7);
    one.live("<source startupPolicy='optional'><address bus='1' device='7'/></source>");
    expect(one.run().asked).toBe('');
    one.pull('1-2');
    expect(one.run().asked).toBe('detach-device nas');
  });

  it('begins anew with each start of the guest', () => {
    const one = made();
    one.start();
    one.plug('1-2', '046d:c21f', 7);
    one.run();
    one.stop();
    expect(one.run().asked).toBe('');
    one.start('43');
    expect(one.run().asked).toBe('attach-device nas');
  });
});

describe('USB devices', () => {
  it('are read with what hangs on them, without hubs and interfaces', () => {
    const bus = 'sys/devices/pci0000:00/0000:00:14.0/usb1';
    const device = (path: string, id: string, more: Readonly<Record<string, string>> = {}) => {
      const [vendor = '', product = ''] = id.split(':');
      return Object.fromEntries(
        Object.entries({idVendor: vendor, idProduct: product, bDeviceClass: '00', ...more}).map(([name, value]) => [
          `${bus}/${path}/${name}`,
          `${value}\n`,
        ]),
      );
    };
    const root = writeTree({
      ...device('1-2', '046d:c21f', {manufacturer: 'Logitech', product: 'Gamepad', bcdDevice: '0305'}),
      [`${bus}/1-2/1-2:1.0/bInterfaceClass`]: 'ff\n',
      [`${bus}/1-2/1-2:1.0/bInterfaceSubClass`]: '5d\n',
      [`${bus}/1-2/1-2:1.0/bInterfaceProtocol`]: '01\n',
      ...device('1-4', '05e3:0608', {bDeviceClass: '09'}),
      ...device('1-4/1-4.1', '04d9:0024'),
      ...device('1-4/1-4.2', '0781:5583', {product: 'Ultra Fit'}),
      [`${bus}/1-4/1-4.1/1-4.1:1.0/bInterfaceClass`]: '03\n',
      [`${bus}/1-4/1-4.1/1-4.1:1.0/bInterfaceProtocol`]: '01\n',
      [`${bus}/1-4/1-4.2/1-4.2:1.0/host6/block/sdb/size`]: '1\n',
      'sys/bus/usb/devices/': '',
      'sys/class/block/': '',
    });
    const link = (name: string, path: string): void => {
      symlinkSync(`../../../${path.replace(/^sys\//, '')}`, join(root, 'sys/bus/usb/devices', name));
    };
    link('usb1', bus);
    link('1-2', `${bus}/1-2`);
    link('1-2:1.0', `${bus}/1-2/1-2:1.0`);
    link('1-4', `${bus}/1-4`);
    link('1-4.1', `${bus}/1-4/1-4.1`);
    link('1-4.2', `${bus}/1-4/1-4.2`);
    link('1-4.1:1.0', `${bus}/1-4/1-4.1/1-4.1:1.0`);
    symlinkSync(
      `../../${bus.replace(/^sys\//, '')}/1-4/1-4.2/1-4.2:1.0/host6/block/sdb`,
      join(root, 'sys/class/block/sdb'),
    );
    const bare = {controller: '0000:00:14.0', isKeyboard: false, disks: [], interfaces: [], name: null, release: null};
    expect(readUsb(openSource(root, null))).toEqual([
      {
        ...bare,
        port: '1-2',
        id: '046d:c21f',
        name: 'Logitech Gamepad',
        release: '0305',
        classes: [{class: 'ff', subclass: '5d', protocol: '01'}],
      },
      // Of a capture by an older version: a part of its class is missing.
      {...bare, port: '1-4.1', id: '04d9:0024', isKeyboard: true, classes: null},
      {...bare, port: '1-4.2', id: '0781:5583', name: 'Ultra Fit', disks: ['sdb'], classes: []},
    ]);
  });
});
