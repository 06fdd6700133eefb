import {describe, expect, it} from 'vitest';
import {comesWithBoot} from '../../src/changes/comes-with-boot.ts';
import type {FileFacts} from '../../src/facts/files.ts';
import type {GuestClaim} from '../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {InstalledKernel} from '../../src/facts/kernel.ts';
import type {DomainFacts, KvmFacts} from '../../src/facts/virtualisation.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import {readConfinement} from '../../src/host/confinement.ts';
import {guestTasks} from '../../src/hypervisor/kvm/guest/guest-tasks.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {editDeviceList} from '../../src/hypervisor/kvm/looking-glass/device-list.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import type {ProfileLookingGlass} from '../../src/profile/profile.ts';
import {configurationProblem, hasQemuDriver} from './domain/qemu-driver.ts';
import {openTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {shownPreview} from '../support/shown-preview.ts';

const wanted: ProfileLookingGlass = {
  user: 'alice',
  resolution: '2560x1440',
  sizeMiB: null,
  memory: 'kvmfr',
  release: 'auto',
  hdr: false,
};

const modprobe = '/etc/modprobe.d/vfio-pilot-kvmfr.conf';
const load = '/etc/modules-load.d/vfio-pilot-kvmfr.conf';
const rules = '/etc/udev/rules.d/70-vfio-pilot-kvmfr.rules';
const qemuConf = '/etc/libvirt/qemu.conf';
const abstraction = '/etc/apparmor.d/abstractions/libvirt-qemu';
const local = '/etc/apparmor.d/local/abstractions/libvirt-qemu';
const domainPath = '/etc/libvirt/qemu/win11.xml';

/** As libvirt 9.0 of Debian 12 has it. */
const commented = `#cgroup_controllers = [ "cpu", "devices" ]

#cgroup_device_acl = [
#    "/dev/null", "/dev/full", "/dev/zero",
#    "/dev/random", "/dev/urandom",
#    "/dev/ptmx", "/dev/kvm"
#]
#
#   "/dev/infiniband/rdma_cm",
`;

const kernel = (release: string, modules: readonly string[] | null): InstalledKernel => ({
  release,
  builtin: [],
  modules,
  parameters: {},
});

type Host = {
  readonly lookingGlass?: Partial<ProfileLookingGlass> | null;
  readonly files?: readonly FileFacts[];
  readonly installed?: readonly InstalledKernel[];
  readonly libvirt?: Partial<KvmFacts>;
  readonly recorded?: readonly GuestClaim[];
  readonly more?: Partial<HostFacts>;
};

const conf = (text = commented): FileFacts => sampleFile(qemuConf, text, {mode: 0o600});

const decide = ({
  lookingGlass = {},
  files = [conf()],
  installed,
  libvirt = {},
  recorded = [],
  more = {},
}: Host = {}) => {
  const base = sampleFacts();
  const facts: HostFacts = {
    ...base,
    files: {...base.files, ...Object.fromEntries(files.map((file) => [file.path, file]))},
    kernel: {...base.kernel, installed: installed ?? [kernel('6.1', ['kvmfr']), kernel('6.12', ['kvmfr'])]},
    guests: {recorded, printed: null},
    ...more,
    virtualisation: {...libvirtOf(base), hasSpice: true, daemon: 'libvirtd', ...libvirt},
  };
  const profile = sampleProfile({guest: {name: 'win11'}});
  const guest = {...profile.guest, lookingGlass: lookingGlass === null ? null : {...wanted, ...lookingGlass}};
  const shown = shownPreview(facts, {...profile, guest}, 'looking-glass');
  return {
    ...shown,
    facts,
    codes: shown.findings.map(({code}) => code),
    linesOf: (file: string) => shown.textOf(file)?.split('\n').slice(1) ?? null,
    paths: shown.changes.map(({path}) => path),
    domain: shown.textOf(domainPath) ?? '',
  };
};

const other = (name: string, device: number, bytes: number): DomainFacts => ({
  name,
  uuid: null,
  path: `/etc/libvirt/qemu/${name}.xml`,
  xml: `<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>${name}</name><devices/><qemu:commandline><qemu:arg value='-object'/><qemu:arg value='memory-backend-file,id=lg,mem-path=/dev/kvmfr${device},size=${bytes},share=on'/></qemu:commandline></domain>`,
  isActive: null,
  isAutostart: false,
});

const claim = (guest: string, kvmfr: GuestClaim['kvmfr']): GuestClaim => ({
  ...claimOf(decide().plan, []),
  guest,
  kvmfr,
});

describe('a device of kvmfr', () => {
  it('has the size of the picture, is loaded at boot, and is open for QEMU and who sits at the machine', () => {
    const {found, linesOf, paths, guest, domain} = decide();
    expect(found).toEqual([]);
    expect(guest.kvmfr).toEqual({sizesMiB: [64], sizedBy: null});
    expect(linesOf(modprobe)).toEqual(['options kvmfr static_size_mb=64', '']);
    expect(linesOf(load)).toEqual(['kvmfr', '']);
    expect(linesOf(rules)).toEqual(['SUBSYSTEM=="kvmfr", GROUP="kvm", MODE="0660", TAG+="uaccess"', '']);
    expect(paths.filter((path) => path.includes('tmpfiles'))).toEqual([]);
    expect(paths.filter((path) => path.includes('apparmor'))).toEqual([]);
    expect(domain).not.toContain('<shmem');
    expect(domain).toContain('"mem-path":"/dev/kvmfr0","size":67108864,"share":true');
  });

  it('is what the client looks at, and needs a boot', () => {
    const {facts, plan} = decide();
    const commands = guestTasks(facts, plan).afterReboot.flatMap((task) => task.commands.map(({text}) => text));
    expect(commands).toContain('looking-glass-client -f /dev/kvmfr0 -p 5900');
    expect(comesWithBoot(plan)).toBe(true);
    expect(kvm.hostModules(plan)).toEqual(['kvmfr']);
    expect(kvm.hostModules(decide({lookingGlass: {memory: 'shm'}}).plan)).toEqual([]);
  });

  it('is refused where a kernel that may be started has no such module, with the build for it', () => {
    const installed = [kernel('6.1', ['kvmfr']), kernel('6.12', [])];
    const signing = {
      ...sampleFacts().signing,
      modules: [{kernel: '6.1', name: 'kvmfr', path: '/k.ko', dkms: 'kvmfr/0.0.12', isSigned: null, key: null}],
    };
    expect(decide({installed, more: {signing}}).found).toMatchObject([
      {
        code: 'looking-glass-kvmfr',
        severity: 'blocker',
        message: expect.stringContaining('Kernel 6.12 has no module kvmfr'),
        remedy: expect.stringContaining('`sudo dkms install kvmfr/0.0.12 -k 6.12`'),
      },
    ]);
    expect(decide({installed: [kernel('6.1', null)]}).found).toMatchObject([
      {code: 'looking-glass-kvmfr', severity: 'warning', remedy: expect.stringContaining('modinfo -k 6.1 kvmfr')},
    ]);
    expect(decide({installed, lookingGlass: {memory: 'shm'}}).found).toEqual([]);
  });

  it('failure mode 33: is warned of where the kernel would not let the module in', () => {
    const {boot, signing} = sampleFacts();
    const module = {kernel: '6.1', name: 'kvmfr', path: '/k.ko', dkms: null, isSigned: false, key: null};
    const secure = {boot: {...boot, secureBoot: true, lockdown: 'integrity'}, signing: {...signing, modules: [module]}};
    expect(decide({more: secure}).codes).toContain('module-not-signed');
    expect(decide({more: secure, lookingGlass: {memory: 'shm'}}).codes).not.toContain('module-not-signed');
  });

  it('is refused on a system that makes /etc itself, and told of where SELinux is enforcing', () => {
    const {boot} = sampleFacts();
    const nixos = {...boot, support: {...boot.support, isDeclarative: true}};
    const refused = decide({more: {boot: nixos}});
    expect(refused.found).toMatchObject([{code: 'looking-glass-kvmfr', severity: 'blocker'}]);
    expect(refused.textOf(modprobe)).toBeNull();
    expect(decide({more: {confinement: {hasAppArmor: false, seLinux: 'enforcing'}}}).found).toMatchObject([
      {severity: 'warning', message: expect.stringContaining('SELinux is enforcing')},
    ]);
  });
});

describe('devices of several guests', () => {
  it('have one line, whichever guest came first, and keep their numbers', () => {
    const first = decide({libvirt: {domains: [other('linux', 0, 134_217_728)]}});
    expect(first.guest.lookingGlass?.kvmfrDevice).toBe(1);
    expect(first.linesOf(modprobe)?.[0]).toBe('options kvmfr static_size_mb=128,64');
    const second = decide({libvirt: {domains: [other('linux', 1, 134_217_728)]}});
    expect(second.guest.lookingGlass?.kvmfrDevice).toBe(0);
    expect(second.linesOf(modprobe)?.[0]).toBe('options kvmfr static_size_mb=64,128');
    expect(second.textOf(qemuConf)).toContain('"/dev/kvm",\n    "/dev/kvmfr0", "/dev/kvmfr1"\n]\n');
  });

  it('counts the device of a guest that is being installed, which no definition has yet', () => {
    const recorded = [claim('linux', {device: 0, sizeMiB: 32, user: 'bob'})];
    const domains = [{...other('linux', 7, 1), xml: "<domain type='kvm'><name>linux</name><devices/></domain>"}];
    const {guest} = decide({recorded, libvirt: {domains}});
    expect(guest.kvmfr?.sizesMiB).toEqual([32, 64]);
    expect(decide({recorded}).guest.kvmfr?.sizesMiB).toEqual([64]);
    const damaged = [claim('linux', {device: 4_000_000_000, sizeMiB: 32, user: 'bob'})];
    expect(decide({recorded: damaged, libvirt: {domains}}).guest.kvmfr?.sizesMiB).toEqual([64]);
  });

  it('leaves the number of a guest that is gone to the next, and moves no other', () => {
    const {guest} = decide({libvirt: {domains: [other('linux', 2, 33_554_432)]}});
    expect(guest.kvmfr?.sizesMiB).toEqual([64, 1, 32]);
  });

  it('stays that of two guests that take turns with it, as long as both want one size', () => {
    const domains = [other('win11', 0, 67_108_864), other('linux', 0, 67_108_864)];
    expect(decide({libvirt: {domains}}).guest.kvmfr?.sizesMiB).toEqual([64]);
    const larger = [other('win11', 0, 67_108_864), other('linux', 0, 134_217_728)];
    expect(decide({libvirt: {domains: larger}}).guest.kvmfr?.sizesMiB).toEqual([128, 64]);
  });

  it('are ten at most', () => {
    const domains = Array.from({length: 10}, (_, device) => other(`guest${device}`, device, 33_554_432));
    expect(decide({libvirt: {domains}}).found).toMatchObject([
      {severity: 'blocker', message: expect.stringContaining('10 devices at most')},
    ]);
  });

  it('go when the guest needs none any more, but for what the others have', () => {
    const recorded = [claim('win11', {device: 0, sizeMiB: 64, user: 'alice'})];
    const files = [modprobe, load, rules].map((path) => sampleFile(path, '# Generated by vfio-pilot\nx\n'));
    const list = editDeviceList(commented, ['/dev/kvmfr0'], 'win');
    const withList = conf(list.ok ? list.text : '');
    const alone = decide({lookingGlass: null, recorded, files: [...files, withList]});
    expect(alone.guest.kvmfr).toEqual({sizesMiB: [], sizedBy: null});
    expect(alone.paths).toEqual(expect.arrayContaining([modprobe, load, rules]));
    expect(alone.textOf(modprobe)).toBeNull();
    expect(alone.textOf(qemuConf)).toBe(commented);
    const domains = [other('linux', 1, 134_217_728)];
    const left = decide({lookingGlass: {memory: 'shm'}, recorded, files: [...files, withList], libvirt: {domains}});
    expect(left.linesOf(modprobe)?.[0]).toBe('options kvmfr static_size_mb=1,128');
  });

  it('are left alone by a guest that never had one', () => {
    const files = [modprobe, load, rules].map((path) => sampleFile(path, '# Generated by vfio-pilot\nx\n'));
    const {guest, paths} = decide({lookingGlass: null, files: [...files, conf()]});
    expect(guest.kvmfr).toBeNull();
    expect(paths.filter((path) => path.includes('kvmfr') || path === qemuConf)).toEqual([]);
  });
});

describe('what somebody has set up for kvmfr by hand', () => {
  const line = (sizes: string) => sampleFile('/etc/modprobe.d/kvmfr.conf', `options kvmfr static_size_mb=${sizes}\n`);

  it('is used where its sizes fit, and named with the line to write where they do not', () => {
    const fits = decide({files: [conf(), line('32,64')]});
    expect(fits.found).toEqual([]);
    expect(fits.guest.lookingGlass?.kvmfrDevice).toBe(1);
    expect(fits.guest.kvmfr?.sizedBy).toBe('/etc/modprobe.d/kvmfr.conf');
    expect(fits.textOf(modprobe)).toBeNull();
    expect(decide({files: [conf(), line('32')]}).found).toMatchObject([
      {
        severity: 'blocker',
        message: expect.stringContaining('/etc/modprobe.d/kvmfr.conf sets the sizes of kvmfr to 32'),
        remedy: expect.stringContaining('options kvmfr static_size_mb=64'),
      },
    ]);
  });
});

describe('failure mode 36: the list of devices in qemu.conf', () => {
  const edit = (text: string, ...devices: readonly string[]) => editDeviceList(text, devices, 'win');

  it('is the default of this libvirt, which the file has as a comment, with the device behind', () => {
    const edited = edit(commented, '/dev/kvmfr0');
    expect(edited).toEqual({
      ok: true,
      text: `${commented}# BEGIN vfio-pilot (profile win)
cgroup_device_acl = [
    "/dev/null", "/dev/full", "/dev/zero",
    "/dev/random", "/dev/urandom",
    "/dev/ptmx", "/dev/kvm",
    "/dev/kvmfr0"
]
# END vfio-pilot
`,
    });
    const text = edited.ok ? edited.text : '';
    expect(edit(text, '/dev/kvmfr0')).toEqual({ok: true, text});
    expect(edit(text)).toEqual({ok: true, text: commented});
  });

  it.each([
    [
      'cgroup_device_acl = ["/dev/null", "/dev/sgx"]\n',
      'cgroup_device_acl = ["/dev/null", "/dev/sgx", "/dev/kvmfr0"]\n',
    ],
    [
      `a = 1\ncgroup_device_acl = [\n  '/dev/null',\n  '/dev/sgx',\n]\nb = 2\n`,
      `a = 1\ncgroup_device_acl = [\n  '/dev/null',\n  '/dev/sgx',\n  "/dev/kvmfr0",\n]\nb = 2\n`,
    ],
    ['cgroup_device_acl=[]', 'cgroup_device_acl=["/dev/kvmfr0"]'],
    ['cgroup_device_acl = ["/dev/kvmfr0"]\n', 'cgroup_device_acl = ["/dev/kvmfr0"]\n'],
  ])('is extended where somebody has made one, and every other byte stays: %j', (before, after) => {
    expect(edit(`${commented}${before}`, '/dev/kvmfr0')).toEqual({ok: true, text: `${commented}${after}`});
  });

  it.each([
    ['#user = "root"\n', 'no-default'],
    [`${commented}cgroup_device_acl = [ "/dev/null" # mine\n]\n`, 'not-a-list'],
    [`cgroup_device_acl = ["/a"]\ncgroup_device_acl = ["/b"]\n`, 'twice'],
    [`${commented}# BEGIN vfio-pilot\n`, 'marks'],
  ])('is left alone where nobody can tell what it says: %j', (text, reason) => {
    expect(edit(text, '/dev/kvmfr0')).toEqual({ok: false, reason});
    expect(decide({files: [conf(text)]}).found).toMatchObject([
      {code: 'looking-glass-device-list', severity: 'blocker', subject: qemuConf},
    ]);
  });

  it.skipIf(!hasQemuDriver)('is one that libvirt itself reads (skipped without its driver of QEMU)', () => {
    const lists = [
      '',
      'cgroup_device_acl = ["/dev/null", "/dev/sgx"]\n',
      `cgroup_device_acl = [\n  '/dev/null',\n  '/dev/sgx',\n]\n`,
      'cgroup_device_acl=[]',
    ];
    for (const list of lists) {
      const edited = edit(`${commented}${list}`, '/dev/kvmfr0', '/dev/kvmfr1');
      expect(edited.ok && configurationProblem(edited.text)).toBeNull();
    }
    // What is refused here is refused there.
    expect(configurationProblem('cgroup_device_acl = [ "/dev/null" # mine\n]\n')).toMatch(/syntax error/);
  });

  it('is read by a libvirt that is started again', () => {
    expect(decide().paths).toContain('/usr/bin/systemctl try-restart libvirtd.service');
    expect(decide({libvirt: {daemon: null}}).paths.join()).not.toContain('try-restart');
  });
});

describe('failure mode 36: AppArmor', () => {
  const on = {confinement: {hasAppArmor: true, seLinux: null}};
  const armored = (text: string, ...files: readonly FileFacts[]) =>
    decide({more: on, files: [conf(), sampleFile(abstraction, text), ...files]});
  const withFolder = '  #include <abstractions/base>\n  include if exists <abstractions/libvirt-qemu.d>\n';

  it('lets QEMU open the device by a file of our own, where libvirt includes a folder', () => {
    const {linesOf, textOf} = armored(withFolder);
    expect(linesOf(`${abstraction}.d/vfio-pilot`)).toEqual(['  /dev/kvmfr0 rw,', '']);
    expect(textOf(local)).toBeNull();
  });

  it('or by lines in the local file, of which every other byte stays', () => {
    const {textOf} = armored('  #include <local/abstractions/libvirt-qemu>\n', sampleFile(local, '  /srv/** r,\n'));
    expect(textOf(local)).toMatch(
      /^ {2}\/srv\/\*\* r,\n# BEGIN vfio-pilot .*\n {2}\/dev\/kvmfr0 rw,\n# END vfio-pilot\n$/,
    );
  });

  it('is named where libvirt includes neither, and has no part where it is off or libvirt has no profile', () => {
    expect(armored('  #include <abstractions/base>\n').found).toMatchObject([
      {code: 'looking-glass-device-list', severity: 'warning', remedy: expect.stringContaining('/dev/kvmfr0 rw,')},
    ]);
    const off = decide({files: [conf(), sampleFile(abstraction, withFolder)]});
    expect(off.paths.filter((path) => path.includes('apparmor'))).toEqual([]);
    expect(decide({more: on}).found).toEqual([]);
  });

  it('and SELinux are read from the kernel', () => {
    expect(readConfinement(openTree({'/sys/module/apparmor/parameters/enabled': 'Y\n'}))).toEqual({
      hasAppArmor: true,
      seLinux: null,
    });
    expect(readConfinement(openTree({'/sys/fs/selinux/enforce': '1'})).seLinux).toBe('enforcing');
    expect(readConfinement(openTree({'/sys/fs/selinux/enforce': '0'})).seLinux).toBe('permissive');
  });
});

describe('failure mode 36: after the boot', () => {
  it('the device is a promise, which a regular file, a closed device and a missing module break', () => {
    const {facts, plan} = decide();
    const resultOf = (sharedMemory: HostFacts['sharedMemory']) =>
      kvm.promises({...facts, sharedMemory}, plan).find(({id}) => id === 'looking-glass-device');
    const promised = (sharedMemory: HostFacts['sharedMemory']) => {
      const result = resultOf(sharedMemory);
      return `${result?.status} ${result?.fact} ${result?.remedy}`;
    };
    const device = {path: '/dev/kvmfr0', isFile: false, bytes: 0, mode: 0o660, gid: 36};
    expect(promised([device])).toMatch(/^kept It is a device of group 36, mode 0660/);
    expect(promised([{...device, isFile: true, bytes: 67_108_864}])).toMatch(
      /^broken It is a regular file.*sudo rm \/dev\/kvmfr0/,
    );
    expect(promised([{...device, gid: 0}])).toMatch(/^broken .*udevadm trigger/);
    expect(promised([{...device, mode: 0o600}])).toMatch(/^broken .*mode 0600/);
    expect(promised([])).toMatch(/^broken It is not there, and the module kvmfr is not loaded/);
    expect(promised(null)).toMatch(/^unknown/);
    expect(`${resultOf([])?.id} ${resultOf([])?.status}`).toBe('looking-glass-device broken');
    expect(kvm.startPromises(facts, plan).map(({id}) => id)).not.toContain('looking-glass-memory');
  });
});
