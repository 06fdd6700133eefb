import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Finding} from '../../../src/findings/finding.ts';
import {allElements, attributeOf, childNamed, childrenNamed, elementsAt} from '../../../src/formats/xml/document.ts';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import type {GuestPhase, GuestSystem} from '../../../src/profile/profile.ts';
import {parse} from './canonical.ts';
import {sampleFacts, windows11} from './sample.ts';

const iso = '/var/lib/libvirt/images/Win11.iso';
const drivers = '/srv/virtio-win.iso';
const phases = ['install', 'prepare', 'run'] as const;

const planned = (phase: GuestPhase | null, guest: Partial<KvmPlan['guest']> = {}): KvmPlan => ({
  ...windows11,
  guest: {...windows11.guest, cdrom: iso, drivers, phase, ...guest},
});

const created = (plan: KvmPlan): string => {
  const result = renderNewDomain(plan, sampleFacts());
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const edited = (xml: string, plan: KvmPlan): {readonly xml: string; readonly findings: readonly Finding[]} => {
  const result = editDomain(xml, {...plan, guest: {...plan.guest, isNew: false}}, sampleFacts(), plan.guest.path);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result;
};

/** What of screen, card and media a domain has. */
const shown = (xml: string) => {
  const devices = childNamed(parse(xml).root, 'devices');
  const each = (path: string, name: string): readonly (string | null)[] =>
    elementsAt(devices, path).map((element) => attributeOf(element, name));
  return {
    graphics: each('graphics', 'type'),
    video: each('video/model', 'type'),
    input: each('input', 'type'),
    media: childrenNamed(devices, 'disk')
      .filter((disk) => attributeOf(disk, 'device') === 'cdrom')
      .map((disk) => attributeOf(childNamed(disk, 'source'), 'file'))
      .toSorted(),
    disks: childrenNamed(devices, 'disk').filter((disk) => attributeOf(disk, 'device') === 'disk').length,
    cards: childrenNamed(devices, 'hostdev').length,
  };
};

const expected = {
  install: {
    graphics: ['vnc'],
    video: ['vga'],
    input: ['tablet', 'keyboard'],
    media: [drivers, iso],
    cards: 0,
    disks: 1,
  },
  prepare: {graphics: ['vnc'], video: ['vga'], input: ['tablet', 'keyboard'], media: [drivers], cards: 2, disks: 1},
  run: {graphics: [], video: ['none'], input: [], media: [], cards: 2, disks: 1},
} as const;

const withDevices = (elements: string, plan = planned('prepare')): string =>
  created(plan).replace('</devices>', `${elements}\n  </devices>`);

describe('a guest in the phase', () => {
  it.each(phases)('%s has the screen, card and media of that phase when it is new', (phase) => {
    expect(shown(created(planned(phase)))).toEqual(expected[phase]);
  });

  it.each(phases.flatMap((from) => phases.map((to) => [from, to] as const)))(
    '%s comes to %s by an edit, and finds nothing to do when it is there',
    (from, to) => {
      const moved = edited(created(planned(from)), planned(to)).xml;
      expect(shown(moved)).toEqual(expected[to]);
      expect(edited(moved, planned(to)).xml).toBe(moved);
    },
  );

  it('prepare is that of today when it is new, but for the installer', () => {
    expect(shown(created(planned(null)))).toEqual({...expected.prepare, media: [drivers, iso]});
  });

  it('none keeps whatever it has', () => {
    const run = created(planned('run'));
    expect(edited(run, planned(null)).xml).toBe(run);
  });

  it('run is told of, with what to do first and how the screen comes back', () => {
    const {findings} = edited(created(planned('prepare')), planned('run'));
    expect(findings).toMatchObject([
      {
        code: 'guest-phase-changes',
        severity: 'warning',
        message: expect.stringMatching(/card only.*unsigned option ROM/),
        remedy: expect.stringMatching(/Remote Desktop.*vfio-pilot guest phase win11 prepare/),
      },
    ]);
    expect(edited(created(planned('run')), planned('run')).findings).toEqual([]);
  });

  it('run warns that nothing shows the guest where its card has no outputs', () => {
    const devices = windows11.devices.map((device) =>
      device.class?.startsWith('03') === true ? {...device, class: '030200'} : device,
    );
    const {findings} = edited(created(planned('prepare')), {...planned('run'), devices});
    expect(findings[0]?.message).toBe(
      'From now on no screen shows win11: its card has no outputs. You reach it over the network only.',
    );
  });

  it('run keeps the emulated screen where no device has one of its own', () => {
    const slice: KvmPlan['devices'] = windows11.devices.slice(0, 1).map((device) => ({
      ...device,
      address: null,
      assigned: {
        type: 'mediated-device',
        uuid: '11111111-2222-4333-8444-000000000001',
        parent: 'mbochs',
        of: null,
        mdevType: 'mbochs-small',
        vramMiB: 4,
        attributes: [],
        display: false,
        madeBy: 'unit',
      },
    }));
    const plan = {...planned('run'), devices: slice};
    const {xml, findings} = edited(created({...planned('prepare'), devices: slice}), plan);
    expect(shown(xml)).toMatchObject({graphics: ['vnc'], video: ['vga'], cards: 1});
    expect(findings.map(({code}) => code)).toEqual(['guest-without-display']);
    expect(shown(edited(xml, {...planned('install'), devices: slice}).xml)).toMatchObject({cards: 0});
  });

  it('run keeps the connection of Looking Glass, and only the emulated picture goes', () => {
    const xml = withDevices(
      "    <shmem name='looking-glass'><model type='ivshmem-plain'/><size unit='M'>64</size></shmem>",
    );
    expect(shown(edited(xml, planned('run')).xml)).toMatchObject({
      graphics: ['vnc'],
      video: ['none'],
      input: ['tablet', 'keyboard'],
    });
  });

  it('run takes along what works with SPICE only', () => {
    const xml = withDevices(`    <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
    <redirdev bus='usb' type='spicevmc'/>
    <audio id='1' type='spice'/>`).replace("type='vnc' port='-1'", "type='spice' port='-1'");
    const moved = edited(xml, planned('run')).xml;
    expect(moved).not.toContain('spice');
    expect(shown(moved)).toEqual(expected.run);
  });

  it('run leaves the emulated keyboard where the host’s own keyboard is passed on to it', () => {
    const xml = withDevices("    <input type='evdev'><source dev='/dev/input/by-id/x-event-kbd'/></input>");
    expect(shown(edited(xml, planned('run')).xml).input).toEqual(['tablet', 'keyboard', 'evdev']);
  });

  it('run leaves a medium that is not of the profile in its drive', () => {
    const other = '/srv/somebody.iso';
    const xml = created(planned('prepare')).replace(drivers, other);
    expect(shown(edited(xml, planned('run')).xml).media).toEqual([other]);
  });

  it.each([
    ['windows-11', null, 'sata', 'e1000e', 'sda'],
    ['windows-11', drivers, 'virtio', 'virtio', 'vda'],
    ['linux', null, 'virtio', 'virtio', 'vda'],
  ] as const)('install of %s with the drivers %s has a disk on %s', (os: GuestSystem, medium, bus, nic, target) => {
    const xml = created(planned('install', {os, drivers: medium, diskBus: bus}));
    const devices = childNamed(parse(xml).root, 'devices');
    const [disk, ...media] = elementsAt(devices, 'disk/target');
    expect(attributeOf(disk ?? null, 'bus')).toBe(bus);
    expect(attributeOf(disk ?? null, 'dev')).toBe(target);
    expect(elementsAt(devices, 'interface/model').map((model) => attributeOf(model, 'type'))).toEqual([nic]);
    const names = [disk, ...media].map((one) => attributeOf(one ?? null, 'dev'));
    expect(new Set(names).size).toBe(names.length);
  });

  it('says which system it is for, as libosinfo does, where the medium was recognised', () => {
    const {root} = parse(created(planned('install', {osinfoId: 'http://microsoft.com/win/11'})));
    const named = allElements(root).filter(
      ({namespace}) => namespace === 'http://libosinfo.org/xmlns/libvirt/domain/1.0',
    );
    expect(named.map((element) => attributeOf(element, 'id'))).toEqual([null, 'http://microsoft.com/win/11']);
  });

  const guests = phases.flatMap((phase) =>
    (
      [
        ['windows-11', planned(phase, {osinfoId: 'http://microsoft.com/win/11'})],
        ['windows-11 without drivers', planned(phase, {drivers: null, diskBus: 'sata'})],
        ['linux', planned(phase, {os: 'linux', firmware: 'uefi', hasTpm: false, hyperv: [], hasClock: false})],
        ['other on BIOS', planned(phase, {os: 'other', firmware: 'bios', hasTpm: false, hyperv: [], hasClock: false})],
      ] as const
    ).map(([name, plan]) => [phase, name, plan] as const),
  );
  const versions = ['4.0.0', '7.0.0', '9.0.0', '11.3.0', '12.8.0'];

  it.skipIf(!existsSync('/usr/bin/virsh')).each(guests)(
    "%s of %s is taken and kept by libvirt's parser (skipped where virsh is not installed)",
    (_phase, _name, plan) => {
      const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-phase-'));
      try {
        for (const version of versions) {
          const facts = sampleFacts({virtualisation: {version}});
          const made = renderNewDomain(plan, facts);
          if (!made.ok) throw new Error(made.findings.map(({message}) => message).join('\n'));
          const file = join(directory, `${version}.xml`);
          writeFileSync(file, made.xml);
          const kept = execFileSync(
            '/usr/bin/virsh',
            ['-c', 'test:///default', `define --validate ${file}; dumpxml ${plan.guest.name}`],
            {encoding: 'utf8'},
          );
          const {graphics, media, cards} = shown(kept.slice(kept.indexOf('<domain')));
          const had = shown(made.xml);
          expect({graphics, media, cards}).toEqual({graphics: had.graphics, media: had.media, cards: had.cards});
        }
      } finally {
        rmSync(directory, {recursive: true});
      }
    },
  );
});
