import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {HostInput} from '../../src/facts/inputs.ts';
import {type KvmFacts, libvirtOf} from '../../src/facts/virtualisation.ts';
import {kvmPlanOf} from '../../src/hypervisor/kvm/kvm-plan.ts';
import {kvmPromises} from '../../src/hypervisor/kvm/promises.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const keyboard = '/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd';
const unseen = {release: null, classes: null};
const mouse = '/dev/input/by-id/usb-Razer_Mouse-event-mouse';

const input = (path: string, more: Partial<HostInput> = {}): HostInput => ({
  path,
  isKeyboard: path.endsWith('kbd'),
  controller: '0000:00:14.0',
  usbPort: '1-4',
  ...more,
});
const here = [input(keyboard), input(mouse, {usbPort: '1-5'})];

const decide = (
  guest: Parameters<typeof sampleProfile>[0] & object,
  inputs: HostFacts['inputs'] = here,
  libvirt: Partial<KvmFacts> = {},
  more: Partial<HostFacts> = {},
) => {
  const facts = sampleFacts();
  const host: HostFacts = {
    ...facts,
    ...more,
    inputs,
    virtualisation: {...libvirtOf(facts), version: '9.0.0', ...libvirt},
  };
  const {plan, findings} = planPassthrough(host, sampleProfile(guest));
  return {
    host,
    plan,
    guest: kvmPlanOf(plan).guest,
    findings: findings.filter(({code}) => code.startsWith('guest-evdev')),
  };
};
const both = {guest: {evdev: [keyboard, mouse]}};

describe('the keyboard and mouse of the host in a profile', () => {
  it('are planned where they are there, with the keys to switch in what the user reads', () => {
    const {guest, findings, plan} = decide(both);
    expect(guest).toMatchObject({
      evdev: [
        {path: keyboard, isKeyboard: true},
        {path: mouse, isKeyboard: false},
      ],
      evdevToggle: 'ctrl-ctrl',
    });
    expect(findings).toMatchObject([
      {code: 'guest-evdev-toggle', severity: 'note', message: expect.stringContaining('Press both Ctrl keys')},
    ]);
    expect(plan.decisions.find(({subject}) => subject === 'guest.evdev')?.choice).toContain('usb-Razer_Mouse');
  });

  it('are none by default, and nothing is said then', () => {
    expect(decide({})).toMatchObject({guest: {evdev: [], evdevToggle: null}, findings: []});
  });

  it('are refused where the name is not there, with those that are', () => {
    const {findings} = decide({guest: {evdev: [keyboard, mouse.replace('Razer', 'Other')]}});
    expect(findings[0]).toMatchObject({
      code: 'guest-evdev-missing',
      severity: 'blocker',
      message: expect.stringContaining('usb-Other_Mouse-event-mouse is not there'),
      remedy: expect.stringContaining(mouse),
    });
    expect(decide(both, []).findings[0]?.remedy).toContain('no keyboard with such a name now');
  });

  it('are not judged where /dev/input could not be read', () => {
    expect(decide(both, null).findings[0]).toMatchObject({code: 'guest-evdev-missing', severity: 'note'});
  });

  it('are not a mouse alone, which nothing would give back', () => {
    expect(decide({guest: {evdev: [mouse]}}).findings[0]).toMatchObject({
      code: 'guest-evdev-missing',
      severity: 'blocker',
      message: expect.stringContaining('never come back'),
    });
  });

  it('are not at a controller or a USB device that goes to the guest', () => {
    const atCard = [input(keyboard, {controller: '0000:06:00.0'}), input(mouse)];
    expect(decide(both, atCard).findings[0]).toMatchObject({
      code: 'guest-evdev-given-away',
      severity: 'blocker',
      message: expect.stringContaining('on the controller 0000:06:00.0'),
    });
    const usb = [
      {
        port: '1-4',
        id: '046d:c31c',
        name: null,
        controller: null,
        isKeyboard: true,
        disks: [],
        interfaces: [],
        ...unseen,
      },
    ];
    const devices = [
      sampleDevice('0000:06:00.0', {id: '10de:1c81'}),
      {kind: 'usb-device', usb: {id: '046d:c31c', port: null}},
    ];
    const given = decide({...both, devices}, here, {}, {usb}).findings;
    expect(given.map(({code, message}) => `${code} ${message}`)).toContainEqual(
      expect.stringMatching(/guest-evdev-given-away .*is a USB device that goes to the guest/),
    );
  });

  it('are told of as the only keyboard of the host', () => {
    const usb = [
      {
        port: '1-4',
        id: '046d:c31c',
        name: null,
        controller: null,
        isKeyboard: true,
        disks: [],
        interfaces: [],
        ...unseen,
      },
    ];
    expect(decide(both, here, {}, {usb}).findings[0]?.message).toContain('no other USB keyboard');
  });

  it.each([
    ['7.3.0', 'ctrl-ctrl', 'guest.evdev'],
    ['7.5.0', 'scrolllock', 'guest.evdevToggle'],
  ] as const)('are refused by libvirt %s with the keys %s', (version, evdevToggle, subject) => {
    expect(decide({guest: {...both.guest, evdevToggle}}, here, {version}).findings[0]).toMatchObject({
      code: 'guest-evdev-unsupported',
      severity: 'blocker',
      subject,
    });
  });

  it('leave the keys to QEMU where libvirt cannot say them', () => {
    expect(decide(both, here, {version: '7.5.0'})).toMatchObject({
      guest: {evdevToggle: null},
      findings: [{code: 'guest-evdev-toggle'}],
    });
  });

  it('are told of where another guest has them too', () => {
    const domains = [
      {
        name: 'other',
        uuid: null,
        path: '/etc/libvirt/qemu/other.xml',
        xml: `<domain type='kvm'><devices><input type='evdev'><source dev='${keyboard}'/></input></devices></domain>`,
        isActive: null,
        isAutostart: false,
      },
    ];
    expect(decide(both, here, {domains}).findings).toContainEqual(
      expect.objectContaining({code: 'guest-evdev-shared', message: expect.stringContaining('The guest other takes')}),
    );
  });

  it('are a promise, which an unplugged keyboard breaks', () => {
    const {host, plan} = decide(both);
    const status = (inputs: HostFacts['inputs']): readonly string[] =>
      kvmPromises({...host, inputs}, plan).map(({id, status: is}) => `${id} ${is}`);
    expect(status(here)).toEqual(['guest-input kept', 'guest-input kept']);
    expect(status(here.slice(1))).toEqual(['guest-input broken', 'guest-input kept']);
    expect(status(null)).toEqual(['guest-input unknown', 'guest-input unknown']);
  });

  it('mean nothing on Proxmox VE, which is said', () => {
    const {findings} = planPassthrough(proxmoxFacts({}), sampleProfile(both));
    expect(findings).toContainEqual(
      expect.objectContaining({code: 'guest-option-unsupported', subject: 'guest.evdev'}),
    );
  });
});
