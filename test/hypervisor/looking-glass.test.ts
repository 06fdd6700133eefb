import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {type KvmFacts, libvirtOf} from '../../src/facts/virtualisation.ts';
import {guestTasks} from '../../src/hypervisor/kvm/guest/guest-tasks.ts';
import {isPowerOfTwo, sizesMiB} from '../../src/hypervisor/kvm/looking-glass/size.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {kvmPromises} from '../../src/hypervisor/kvm/promises.ts';
import {readHasSpice} from '../../src/host/libvirt/spice.ts';
import {readSharedMemory} from '../../src/host/shared-memory.ts';
import type {ProfileLookingGlass} from '../../src/profile/profile.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {openTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {shownPreview} from '../support/shown-preview.ts';

const wanted: ProfileLookingGlass = {
  user: 'alice',
  resolution: '2560x1440',
  sizeMiB: null,
  memory: 'shm',
  release: 'auto',
  hdr: false,
};

const path = '/etc/tmpfiles.d/10-vfio-pilot-looking-glass.conf';
const memory = '/dev/shm/looking-glass';

const decide = (
  lookingGlass: Partial<ProfileLookingGlass> | null = {},
  libvirt: Partial<KvmFacts> = {},
  more: Partial<HostFacts> = {},
) => {
  const facts: HostFacts = {
    ...sampleFacts(),
    ...more,
    virtualisation: {...libvirtOf(sampleFacts()), hasSpice: true, ...libvirt},
  };
  const profile = sampleProfile({guest: {domain: 'new', name: 'win11'}});
  const guest = {...profile.guest, lookingGlass: lookingGlass === null ? null : {...wanted, ...lookingGlass}};
  const shown = shownPreview(facts, {...profile, guest}, 'looking-glass');
  return {
    ...shown,
    facts,
    domain: shown.textOf('/etc/libvirt/qemu/win11.xml') ?? '',
  };
};

describe('the memory of Looking Glass', () => {
  // Width, height, IDD, B7 in SDR, B7 in HDR: the figures of its documentation.
  it.each([
    [1920, 1080, 32, 32, 64],
    [1920, 1200, 32, 32, 64],
    [2560, 1440, 64, 64, 128],
    [3440, 1440, 64, 64, 128],
    [3840, 2160, 128, 128, 256],
    [5120, 1440, 128, 128, 128],
    [5120, 2880, 256, 128, 256],
    [7680, 4320, 512, 512, 1024],
  ])('has the size that %i x %i takes with each release', (width, height, idd, b7, hdr) => {
    const picture = {width, height, isHdr: false};
    expect(sizesMiB.idd(picture)).toBe(idd);
    expect(sizesMiB.idd({...picture, isHdr: true})).toBe(idd);
    expect(sizesMiB.b7(picture)).toBe(b7);
    expect(sizesMiB.b7({...picture, isHdr: true})).toBe(hdr);
  });

  it('is a power of two, and holds both releases where none is named', () => {
    expect([1, 64, 96, 0].map(isPowerOfTwo)).toEqual([true, true, false, false]);
    expect(decide({resolution: '5120x2880'}).guest.lookingGlass?.sizeMiB).toBe(256);
    expect(decide({resolution: '5120x2880', release: 'b7'}).guest.lookingGlass?.sizeMiB).toBe(128);
    expect(decide({resolution: '5120x2880', hdr: true, release: 'b7'}).guest.lookingGlass?.sizeMiB).toBe(256);
    expect(decide({resolution: null, sizeMiB: 128}).guest.lookingGlass?.sizeMiB).toBe(128);
  });

  it.each([
    [{resolution: null}, 'the profile says none'],
    [{resolution: null, sizeMiB: 96}, '96 MiB is no size of shared memory'],
    [{sizeMiB: 32}, 'needs 64 MiB of shared memory, and the profile says 32 MiB'],
  ])('is refused with what to write: %o', (change, message) => {
    expect(decide(change).found[0]).toMatchObject({
      code: 'looking-glass-size',
      severity: 'blocker',
      message: expect.stringContaining(message),
    });
  });

  it('is in the guest and in a line of systemd-tmpfiles, for the user and QEMU alone', () => {
    const {domain, textOf, changes, found} = decide();
    expect(found).toEqual([]);
    expect(domain).toMatch(
      /<shmem name='looking-glass'>\s*<model type='ivshmem-plain'\/>\s*<size unit='M'>64<\/size>\s*<\/shmem>/,
    );
    expect(textOf(path)?.split('\n').slice(1)).toEqual([`f ${memory} 0660 alice kvm -`, '']);
    expect(changes.map((change) => change.path)).toContain(`/usr/bin/systemd-tmpfiles --create ${path}`);
  });

  it('has a name and a file of its own for a second guest', () => {
    const domains = [
      {
        name: 'other',
        uuid: null,
        path: '/etc/libvirt/qemu/other.xml',
        xml: "<domain type='kvm'><devices><shmem name='looking-glass'/></devices></domain>",
        isActive: null,
        isAutostart: false,
      },
    ];
    const {domain, textOf, guest} = decide({}, {domains});
    expect(guest.lookingGlass?.name).toBe('looking-glass-win11');
    expect(domain).toContain("<shmem name='looking-glass-win11'>");
    expect(textOf('/etc/tmpfiles.d/10-vfio-pilot-looking-glass-win11.conf')).toContain(`${memory}-win11 0660 alice`);
  });

  it('failure mode 36: warns of a file of an old size, with which the guest does not start', () => {
    const old = [{path: memory, isFile: true, bytes: 33_554_432, mode: 0o660, gid: 36}];
    expect(decide({}, {}, {sharedMemory: old}).found).toMatchObject([
      {code: 'looking-glass-old-size', severity: 'warning', remedy: expect.stringContaining(`sudo rm ${memory}`)},
    ]);
    const fit = [{path: memory, isFile: true, bytes: 67_108_864, mode: 0o660, gid: 36}];
    expect(decide({}, {}, {sharedMemory: fit}).found).toEqual([]);
  });

  it('failure mode 36: is a promise of size and mode, which a closed or old file breaks', () => {
    const {facts, plan} = decide();
    const statusOf = (sharedMemory: HostFacts['sharedMemory']) =>
      kvmPromises({...facts, sharedMemory}, plan).map(({id, status}) => `${id} ${status}`)[0];
    const file = {path: memory, isFile: true, bytes: 0, mode: 0o660, gid: 36};
    expect(statusOf([file])).toBe('looking-glass-memory kept');
    expect(statusOf([{...file, bytes: 67_108_864}])).toBe('looking-glass-memory kept');
    expect(statusOf([{...file, bytes: 33_554_432}])).toBe('looking-glass-memory broken');
    expect(statusOf([{...file, mode: 0o600}])).toBe('looking-glass-memory broken');
    expect(statusOf([{...file, isFile: false}])).toBe('looking-glass-memory broken');
    expect(statusOf([])).toBe('looking-glass-memory broken');
    expect(statusOf(null)).toBe('looking-glass-memory unknown');
  });

  it('is nothing that a reboot is needed for: apply has it made at once', () => {
    const {facts, plan} = decide();
    const ids = (results: readonly {readonly id: string}[]): readonly string[] => results.map(({id}) => id);
    expect(ids(kvm.promises({...facts, sharedMemory: []}, plan))).toEqual([]);
    const bootId = '11111111-2222-4333-8444-000000000001';
    const verified = verifyPlan({...facts, sharedMemory: []}, {version: 3, plan, bootId}, bootId);
    expect(verified.find(({id}) => id === 'looking-glass-memory')?.status).toBe('broken');
  });

  it('is warned of where a line of the user makes it too', () => {
    const file = {
      path: '/etc/tmpfiles.d/10-looking-glass.conf',
      state: 'file',
      text: `f ${memory} 0660 bob kvm -\n`,
      encoding: 'utf8',
      target: null,
      sha256: null,
      mode: 0o644,
      uid: 0,
      gid: 0,
      stamp: null,
    } as const;
    expect(decide({}, {}, {files: {...sampleFacts().files, [file.path]: file}}).found).toMatchObject([
      {code: 'looking-glass-owned-elsewhere'},
    ]);
  });

  it('is a line to add by hand where the system is made from a configuration', () => {
    const {boot} = sampleFacts();
    const nixos = {...boot, support: {...boot.support, isDeclarative: true}};
    const {found, textOf} = decide({}, {}, {boot: nixos});
    expect(textOf(path)).toBeNull();
    expect(found).toMatchObject([{remedy: expect.stringContaining(`[ "f ${memory} 0660 alice kvm -" ]`)}]);
  });

  it('is read with its size and mode, and unknown without /dev/shm', () => {
    expect(readSharedMemory(openTree({[memory]: {text: '1234', mode: 0o640}, '/dev/shm/other': ''}))).toEqual([
      {path: memory, isFile: true, bytes: 4, mode: 0o640, gid: process.getgid?.()},
    ]);
    expect(readSharedMemory(openTree({'/etc/hostname': 'h\n'}))).toBeNull();
  });
});

describe('keyboard and mouse of its window', () => {
  it('go through SPICE on this machine alone, with the clipboard', () => {
    const {domain, guest} = decide();
    expect(guest.screen).toBe('spice');
    expect(domain).toMatch(
      /<graphics type='spice' port='-1' autoport='yes'>\s*<listen type='address' address='127.0.0.1'/,
    );
    expect(domain).toContain("<target type='virtio' name='com.redhat.spice.0'/>");
    expect(domain).not.toContain("type='vnc'");
  });

  it.each([
    [false, 'This QEMU has no SPICE'],
    [null, 'is unknown'],
  ])('are told of as missing where SPICE is %s, and the guest gets VNC', (hasSpice, message) => {
    const {domain, found} = decide({}, {hasSpice});
    expect(domain).not.toContain('spice');
    expect(domain).toContain("type='vnc'");
    expect(found).toMatchObject([
      {code: 'looking-glass-no-spice', severity: 'warning', message: expect.stringContaining(message)},
    ]);
  });

  it('is VNC for a guest without Looking Glass, whatever QEMU has', () => {
    expect(decide(null).domain).toContain("type='vnc'");
    expect(decide(null).domain).not.toContain('spice');
  });

  it('has its commands in what is to be done, and needs no second keyboard', () => {
    const {facts, plan} = decide({release: 'idd'});
    const tasks = guestTasks(facts, plan).afterReboot;
    expect(tasks.flatMap(({commands}) => commands.map(({text}) => text))).toEqual(
      expect.arrayContaining([
        'virsh -c qemu:///system domdisplay --type spice win11',
        'looking-glass-client -f /dev/shm/looking-glass -p 5900',
      ]),
    );
    expect(tasks.map(({id}) => id)).not.toContain('keyboard-and-mouse');
    expect(tasks.map(({id}) => id)).not.toContain('monitor');
  });
});

describe('SPICE in QEMU', () => {
  const enumerated = (types: string): string =>
    `<domainCapabilities><devices><graphics supported='yes'><enum name='type'>${types}</enum></graphics></devices></domainCapabilities>`;

  it('is what libvirt lists', () => {
    const tree = openTree({'/usr/lib/qemu/ui-spice-core.so': ''});
    expect(readHasSpice(tree, enumerated('<value>vnc</value><value>spice</value>'))).toBe(true);
    expect(readHasSpice(tree, enumerated('<value>vnc</value>'))).toBe(false);
  });

  it('is among the modules where libvirt does not answer, and unknown without any', () => {
    const debian = '/usr/lib/x86_64-linux-gnu/qemu';
    expect(readHasSpice(openTree({[`${debian}/ui-spice-core.so`]: ''}), null)).toBe(true);
    expect(readHasSpice(openTree({[`${debian}/ui-opengl.so`]: ''}), null)).toBe(false);
    expect(readHasSpice(openTree({'/usr/lib/qemu/virtiofsd': ''}), null)).toBeNull();
  });
});
