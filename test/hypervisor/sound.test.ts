import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import type {FileFacts} from '../../src/facts/files.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {type KvmFacts, libvirtOf} from '../../src/facts/virtualisation.ts';
import {readAudioBackends, readPipeWireDirectories} from '../../src/host/libvirt/audio.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {kvmPlanOf} from '../../src/hypervisor/kvm/kvm-plan.ts';
import type {ProfileGuest} from '../../src/profile/profile.ts';
import {openTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const runtimeDir = '/run/user/1000';
const new10: Partial<KvmFacts> = {version: '11.3.0', qemuVersion: '10.0.13'};

const decide = (guest: Partial<ProfileGuest>, libvirt: Partial<KvmFacts> = {}, files: readonly FileFacts[] = []) => {
  const base = sampleFacts();
  const facts: HostFacts = {
    ...base,
    files: {...base.files, ...Object.fromEntries(files.map((file) => [file.path, file]))},
    virtualisation: {...libvirtOf(base), hasSpice: true, ...new10, ...libvirt},
  };
  const {plan, findings, changes} = previewChanges(facts, sampleProfile({guest: {name: 'win11', ...guest}}));
  const change = changes.find((one) => one.kind !== 'run' && one.path === '/etc/libvirt/qemu/win11.xml');
  return {
    facts,
    plan,
    guest: kvmPlanOf(plan).guest,
    found: findings.filter(({code}) => code.startsWith('guest-sound')),
    domain: change !== undefined && 'content' in change ? (change.content?.text ?? '') : '',
  };
};

describe('the sound of a guest', () => {
  it('is no emulated card where the profile says nothing: the graphics card has its own', () => {
    const {guest, found, domain} = decide({});
    expect(guest.sound).toBeNull();
    expect(guest.screen).toBe('vnc');
    expect(found).toEqual([]);
    expect(domain).not.toMatch(/<sound|<audio/);
  });

  it('through SPICE takes a screen of SPICE, where this QEMU has both', () => {
    const {guest, found, domain} = decide({sound: 'spice'}, {audioBackends: ['none', 'spice']});
    expect(found).toEqual([]);
    expect(guest.screen).toBe('spice');
    expect(domain).toMatch(/<sound model='ich9'>\s*<audio id='1'\/>\s*<\/sound>\s*<audio id='1' type='spice'\/>/);
    expect(domain.match(/<graphics [^>]*>/g)).toEqual(["<graphics type='spice' port='-1' autoport='yes'>"]);
  });

  it.each([
    [{hasSpice: false}, 'This QEMU has no SPICE'],
    [{hasSpice: null}, 'is unknown'],
    [{hasSpice: true, audioBackends: ['none', 'pipewire']}, 'no sound through it'],
  ])('through SPICE is refused where it would keep libvirt from defining the guest: %o', (libvirt, message) => {
    const {found, domain} = decide({sound: 'spice'}, libvirt);
    expect(found).toMatchObject([
      {code: 'guest-sound-unusable', severity: 'blocker', message: expect.stringContaining(message)},
    ]);
    expect(domain).not.toMatch(/<sound|spice/);
  });

  it('through PipeWire names the session of a user, and is told who else has to open it', () => {
    const there = {audioBackends: ['none', 'pipewire'], pipeWireDirectories: [runtimeDir]};
    const {guest, found, domain} = decide({sound: 'pipewire', soundRuntimeDir: runtimeDir}, there);
    expect(guest.screen).toBe('vnc');
    expect(domain).toContain(`<audio id='1' type='pipewire' runtimeDir='${runtimeDir}'/>`);
    expect(found).toMatchObject([
      {
        code: 'guest-sound-session',
        severity: 'warning',
        remedy: expect.stringContaining(`setfacl -m u:libvirt-qemu:rw ${runtimeDir}/pipewire-0`),
      },
    ]);
    const ours = sampleFile('/etc/libvirt/qemu.conf', '#user = "root"\nuser = "+1000"\n');
    expect(decide({sound: 'pipewire', soundRuntimeDir: runtimeDir}, there, [ours]).found).toEqual([]);
    const away = decide({sound: 'pipewire', soundRuntimeDir: runtimeDir}, {...there, pipeWireDirectories: []}, [ours]);
    expect(away.found).toMatchObject([{severity: 'note', message: expect.stringContaining('no PipeWire in')}]);
  });

  it('through PipeWire is a promise that a user who is not logged in breaks', () => {
    const statusOf = (pipeWireDirectories: readonly string[] | null) => {
      const {facts, plan} = decide({sound: 'pipewire', soundRuntimeDir: runtimeDir}, {pipeWireDirectories});
      return kvm.startPromises(facts, plan).map(({id, status}) => `${id} ${status}`);
    };
    expect(statusOf([runtimeDir])).toEqual(['guest-sound kept']);
    expect(statusOf([])).toEqual(['guest-sound broken']);
    expect(statusOf(null)).toEqual(['guest-sound unknown']);
  });

  it.each([
    [{soundRuntimeDir: null}, {pipeWireDirectories: [runtimeDir]}, `Set guest.soundRuntimeDir: ${runtimeDir}.`],
    [{}, {version: '9.0.0'}, 'guest.sound: spice'],
    [{}, {qemuVersion: '7.2.0'}, 'guest.sound: spice'],
    [{}, {audioBackends: ['none', 'spice']}, 'guest.sound: spice'],
  ])('through PipeWire is refused with what to write: %o %o', (guest, libvirt, remedy) => {
    const {found} = decide({sound: 'pipewire', soundRuntimeDir: runtimeDir, ...guest}, libvirt);
    expect(found[0]).toMatchObject({
      code: 'guest-sound-unusable',
      severity: 'blocker',
      remedy: expect.stringContaining(remedy),
    });
  });
});

describe('what plays sound on a host', () => {
  const enumerated = (types: string): string =>
    `<domainCapabilities><devices><audio supported='yes'><enum name='type'>${types}</enum></audio></devices></domainCapabilities>`;
  const debian = '/usr/lib/x86_64-linux-gnu/qemu';

  it('is what libvirt lists, else the modules of QEMU, and unknown without any', () => {
    const tree = openTree({[`${debian}/audio-spice.so`]: '', [`${debian}/audio-pa.so`]: ''});
    expect(readAudioBackends(tree, enumerated('<value>none</value><value>pipewire</value>'))).toEqual([
      'none',
      'pipewire',
    ]);
    expect(readAudioBackends(tree, '<domainCapabilities/>')).toEqual(['pulseaudio', 'spice']);
    expect(readAudioBackends(openTree({'/usr/lib/qemu/virtiofsd': ''}), null)).toBeNull();
  });

  it('is PipeWire where a user is logged in', () => {
    const tree = openTree({'/run/user/1000/pipewire-0': '', '/run/user/1001/bus': ''});
    expect(readPipeWireDirectories(tree)).toEqual(['/run/user/1000']);
    expect(readPipeWireDirectories(openTree({'/etc/hostname': ''}))).toBeNull();
  });
});
