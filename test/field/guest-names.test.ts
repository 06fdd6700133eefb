import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {fileNameOfGuest, guestOfFileName} from '../../src/facts/guest-name.ts';
import {renderHook} from '../../src/hypervisor/kvm/hooks/libvirt-hook.ts';
import {whyLent} from '../../src/hypervisor/kvm/registry.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {domainXml, planKnownGuest} from '../support/known-guest.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const profile = (name: string): string =>
  `version: 1\ndevices:\n  - address: 0000:06:00.0\n    id: 10de:1c81\ncpu:\n  vcpus: 4\nmemory:\n  size: 2 GiB\nguest:\n  name: ${JSON.stringify(name)}\n  os: linux\n`;

describe.each(['Windows 11', 'win10 (clone)', 'Büro 2', 'R&D #1', 'дом'])('a guest called %s', (name) => {
  it('can be chosen in a profile and is edited where libvirt has it', () => {
    const decoded = decodeProfile(profile(name), 'p.yaml');
    const {plan, findings, xml} = planKnownGuest(domainXml({name: name.replace('&', '&amp;')}), {name});

    expect(decoded).toMatchObject({findings: [], profile: {guest: {name}}});
    expect(plan.guest).toMatchObject({isNew: false, name, path: `/etc/libvirt/qemu/${name}.xml`});
    expect(xml).toContain('<hostdev');
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
  });

  it('has hooks that know it by its whole name, in a file without blanks and signs', () => {
    const hook = {purpose: 'sample', order: 50, guest: name, body: '', operations: {'prepare begin': 'echo here'}};
    const text = renderHook('p', hook);
    const file = `vfio-pilot-50-sample-${fileNameOfGuest(name)}`;
    const call = (guest: string): string =>
      spawnSync('sh', ['-c', text.replace(/^mkdir .*$|^exec 9.*$|^flock .*$/gm, ':'), file, guest, 'prepare', 'begin'])
        .stdout.toString()
        .trim();

    expect(file).toMatch(/^[\p{L}\p{M}\p{N}._+%-]+$/u);
    expect(guestOfFileName(fileNameOfGuest(name))).toBe(name);
    expect([call(name), call(`${name} `), call(name.split(' ')[0] + 'x')]).toEqual(['here', '', '']);
  });
});

describe('a network with a blank in its name', () => {
  it('can be chosen, and is one word in the command that starts it', () => {
    const text = `${profile('win11')}  network: Isolated LAN\n`;
    const virtualisation = libvirtOf(sampleFacts());
    const facts = sampleFacts(undefined, {
      virtualisation: {...virtualisation, networks: ['Isolated LAN'], autostartNetworks: []},
    });
    const decoded = decodeProfile(text, 'p.yaml').profile;

    expect(decoded?.guest.network).toBe('Isolated LAN');
    expect(
      planPassthrough(facts, sampleProfile({guest: {network: 'Isolated LAN'}})).findings.find(
        ({code}) => code === 'guest-network-inactive',
      )?.remedy,
    ).toBe("Once: virsh net-autostart 'Isolated LAN', and virsh net-start 'Isolated LAN'.");
  });
});

describe('names of guests', () => {
  it('never share a file', () => {
    const names = ['a b', 'a_b', 'a-b', 'a+b', 'a.b', 'a@b', 'a#b', 'ab'];
    expect(new Set(names.map(fileNameOfGuest)).size).toBe(names.length);
  });

  it.each([
    '',
    ' ',
    ' a',
    'a ',
    '../x',
    'a/b',
    '-rf',
    '.x',
    "a'b",
    'a"b',
    'a$b',
    'a`b',
    'a\\b',
    'a;b',
    'a%b',
    'a\tb',
    'x'.repeat(64),
  ])('are not taken where a shell or a path could take them for more: %j', (name) => {
    expect(decodeProfile(profile(name), 'p.yaml').profile).toBeNull();
  });

  it('are quoted in the command that a person is told to type', () => {
    const state = {isDirectory: true};
    const machine = {stat: (path: string) => (path === '/run/vfio-pilot/handover/Windows%2011' ? state : null)};
    const hook = '/etc/libvirt/hooks/qemu.d/vfio-pilot-20-handover-Windows%2011';
    // @ts-expect-error only `stat` is asked
    expect(whyLent(machine, [hook])?.nextStep).toContain("virsh shutdown 'Windows 11'");
  });
});
