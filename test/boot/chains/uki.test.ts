import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderChain, writerOf} from '../../../src/boot/chains.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {imageSystem} from '../../../src/image/systems.ts';
import {readHost} from '../../../src/host/read-host.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import {openSource} from '../../../src/system/source.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {realFile} from './real-file.ts';
import {standIns} from './stand-ins.ts';

type Tree = Parameters<typeof makeTree>[0];
type State = Readonly<Record<string, string>>;

const golden = (name: string): string => join(import.meta.dirname, `../../golden/chains/${name}.diff`);
const decode = (state: State, path: string): string =>
  Buffer.from(state[path]?.split(' ').at(-1) ?? '', 'base64').toString('latin1');
const variablePath = (name: string): string => `/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;
const variable = (name: string, text: string): Tree => ({
  [variablePath(name)]: Buffer.concat([Buffer.from([6, 0, 0, 0]), Buffer.from(`${text}\0`, 'utf16le')]),
});
const secureBoot: Tree = {
  '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': Buffer.from([6, 0, 0, 0, 1]),
};
const wanted = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';

/** The headers of a PE32+ program, with or without a table of certificates. */
const program = (certificateBytes: number): Buffer => {
  const bytes = Buffer.alloc(600);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('PE\0\0', 0x80, 'latin1');
  bytes.writeUInt16LE(0x20b, 0x80 + 24);
  bytes.writeUInt32LE(certificateBytes, 0x80 + 24 + 112 + 4 * 8 + 4);
  return bytes;
};

/** Invented after the Arch wiki; the preset is that of mkinitcpio 40 with its lines for unified images switched on. */
const arch: Tree = {
  '/proc/cmdline': 'root=UUID=1-2 rw quiet\n',
  ...variable('StubInfo', 'systemd-stub 257.5-1-arch'),
  ...variable('LoaderInfo', 'systemd-boot 257.5-1-arch'),
  ...variable('LoaderEntrySelected', 'arch-linux.efi'),
  '/usr/bin/bootctl': '',
  '/efi/loader/loader.conf': 'timeout 4\n',
  '/efi/loader/entries': {directory: true},
  '/efi/EFI/Linux/arch-linux.efi': program(0),
  '/efi/EFI/Linux/arch-linux-fallback.efi': program(0),
  '/etc/kernel/cmdline': 'root=UUID=1-2 rw quiet\n',
  '/boot/vmlinuz-linux': '',
  '/usr/bin/mkinitcpio': {text: '', mode: 0o755},
  '/etc/mkinitcpio.conf':
    'MODULES=()\nBINARIES=()\nFILES=()\nHOOKS=(base systemd autodetect microcode modconf kms keyboard sd-vconsole block filesystems fsck)\n',
  '/etc/mkinitcpio.conf.d': {directory: true},
  '/etc/mkinitcpio.d/linux.preset': `# mkinitcpio preset file for the 'linux' package\n\nALL_kver="/boot/vmlinuz-linux"\n\nPRESETS=('default' 'fallback')\n\n#default_image="/boot/initramfs-linux.img"\ndefault_uki="/efi/EFI/Linux/arch-linux.efi"\ndefault_options="--splash /usr/share/systemd/bootctl/splash-arch.bmp"\n\nfallback_uki="/efi/EFI/Linux/arch-linux-fallback.efi"\nfallback_options="-S autodetect"\n`,
};

/** Invented after kernel-install(8) with layout=uki and dracut.conf(5) with uefi=yes; /etc/dracut.conf is that of dracut. */
const token = '0123456789abcdef0123456789abcdef';
const release = '6.12.5-200.fc41.x86_64';
const fedora: Tree = {
  '/proc/cmdline': 'root=UUID=1-2 ro rhgb quiet\n',
  ...variable('StubInfo', 'systemd-stub 256.9-2.fc41'),
  ...variable('LoaderInfo', 'systemd-boot 256.9-2.fc41'),
  '/usr/bin/bootctl': '',
  '/etc/kernel/install.conf': 'layout=uki\nuki_generator=dracut\n',
  '/boot/efi/loader/loader.conf': `default ${token}-${release}.efi\n`,
  '/boot/efi/loader/entries': {directory: true},
  [`/boot/efi/EFI/Linux/${token}-${release}+2-1.efi`]: program(0),
  '/usr/bin/dracut': {text: '', mode: 0o755},
  '/etc/dracut.conf': realFile('debian-12/dracut.conf'),
};

/** The hook, uki.conf and the files of initramfs-tools are Debian 13's (real/README.md); the rest is invented after layout=uki: the initramfs lies in /boot, and the hook makes the image of it. */
const debian: Tree = {
  '/proc/cmdline': 'root=UUID=1-2 ro quiet\n',
  ...variable('StubInfo', 'systemd-stub 257.8-1~deb13u2'),
  ...variable('LoaderInfo', 'systemd-boot 257.8-1~deb13u2'),
  '/usr/bin/bootctl': '',
  '/etc/kernel/install.conf': 'layout=uki\n',
  '/etc/kernel/cmdline': 'root=UUID=1-2 ro quiet\n',
  '/boot/efi/loader/loader.conf': '#timeout 3\n',
  '/boot/efi/loader/entries': {directory: true},
  [`/boot/efi/EFI/Linux/${token}-6.12.43+deb13-amd64.efi`]: program(0),
  '/boot/vmlinuz-6.12.43+deb13-amd64': '',
  '/boot/initrd.img-6.12.43+deb13-amd64': 'old',
  '/etc/initramfs/post-update.d/systemd-boot': {text: realFile('debian-13/post-update.d-systemd-boot'), mode: 0o755},
  '/usr/sbin/update-initramfs': {text: '', mode: 0o755},
  '/etc/initramfs-tools/modules': realFile('debian-12/initramfs-tools-modules'),
  '/etc/initramfs-tools/initramfs.conf': realFile('debian-12/initramfs.conf'),
  '/usr/lib/kernel/uki.conf': realFile('debian-13/uki.conf'),
};

const findingsOf = (tree: Tree, overrides: Partial<Plan> = {}): readonly Finding[] =>
  renderChain(readHost(openSource(makeTree(tree), null)), samplePlan({initramfs: 'mkinitcpio', ...overrides})).findings;

describe('a unified kernel image', () => {
  it.each([
    ['arch-uki-mkinitcpio', arch, 'mkinitcpio', '/efi/'],
    ['fedora-uki-dracut', fedora, 'dracut', '/boot/efi/'],
    ['debian-uki-ukify', debian, 'initramfs-tools', '/boot/efi/'],
  ] as const)(
    '%s gets one with our arguments next to it, and is rolled back to the last byte',
    async (name, tree, initramfs, esp) => {
      const walked = await walk(makeTree(tree), standIns);
      expect(walked.facts.boot).toMatchObject({loader: 'uki', initramfs});
      expect(walked.findings).toEqual([]);
      await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden(name));
      const [own = '', ...more] = Object.keys(walked.applied).filter(
        (path) => path.startsWith(esp) && !(path in walked.before),
      );
      expect(more).toEqual([]);
      expect(own).toMatch(/\/EFI\/Linux\/[\w+.-]+\.vfio-pilot-[0-9a-f]{8}\.efi$/);
      expect(own).not.toContain('+2-1');
      expect(decode(walked.applied, own)).toContain(wanted);
      for (const path of Object.keys(walked.before).filter((one) => one.startsWith(esp)))
        expect(walked.applied[path]).toBe(walked.before[path]);
      expect(walked.again).toEqual([]);
      expect(walked.brokenFiles).toEqual([]);
      expectUndone(name, walked);
    },
  );

  it('is made anew by its preset at each update of the kernel, and chosen by name where the one before was', async () => {
    const preset = decode((await walk(makeTree(arch), standIns)).applied, '/etc/mkinitcpio.d/linux.preset');
    expect(preset).toMatch(
      /PRESETS\+=\('vfio_pilot'\)\nvfio_pilot_kver="\/boot\/vmlinuz-linux"\nvfio_pilot_uki="\/efi\/EFI\/Linux\/arch-linux\.vfio-pilot-\w+\.efi"\nvfio_pilot_options="--splash \S+\.bmp"\n/,
    );
    const {applied, rolledBack} = await walk(makeTree(fedora), standIns);
    expect(decode(applied, variablePath('LoaderEntryDefault')).replaceAll('\0', '')).toMatch(
      new RegExp(`${token}-${release}\\.vfio-pilot-\\w{8}\\.efi$`),
    );
    expect(rolledBack[variablePath('LoaderEntryDefault')]).toBeUndefined();
    expect(decode(applied, '/etc/kernel/cmdline')).toBe(`root=UUID=1-2 ro rhgb quiet ${wanted}\n`);
  });

  it.each([
    ['mkinitcpio', arch, ['/efi/EFI/Linux/arch-linux.efi']],
    [
      'dracut',
      fedora,
      Object.keys(fedora).filter(
        (path) => path.endsWith('.efi') && !path.includes('systemd-boot') && !path.includes('/BOOT/'),
      ),
    ],
  ] as const)(
    'knows the images of the system that %s makes, in which our files are after an update',
    (initramfs, tree, images) => {
      const facts = readHost(openSource(makeTree(tree), null));
      expect(writerOf(facts.boot)?.later.images(facts, samplePlan({initramfs}), imageSystem(initramfs))).toEqual(
        images,
      );
    },
  );

  it('takes its arguments from the pieces of /etc/cmdline.d where there are some', async () => {
    const {'/etc/kernel/cmdline': _, ...without} = arch;
    const walked = await walk(
      makeTree({...without, '/etc/cmdline.d/root.conf': '# disk\nroot=UUID=1-2 rw\n'}),
      standIns,
    );
    expect(decode(walked.applied, '/etc/cmdline.d/zz-vfio-pilot.conf')).toBe(
      `# Generated by vfio-pilot from profile sample; edit the profile instead.\n${wanted}\n`,
    );
    expect(walked.again).toEqual([]);
    expect(walked.rolledBack).toEqual(walked.before);
    expect(findingsOf({...without, '/etc/cmdline.d/root.conf': 'root=UUID=1-2 hugepages=7\n'})).toMatchObject([
      {code: 'command-line-not-editable', subject: '/etc/cmdline.d/root.conf'},
    ]);
  });

  it('that does not hold the arguments is not put in place', async () => {
    const root = makeTree(arch);
    const mkinitcpio: (typeof standIns)['mkinitcpio'] = (argv, machine, request) =>
      standIns['mkinitcpio']?.(
        argv.map((word) => (word === '-U' ? '-g' : word)) as [string, ...string[]],
        machine,
        request,
      ) ?? {exitCode: 1};
    await expect(walk(root, {...standIns, mkinitcpio})).rejects.toThrow(/"intel_iommu=on" is not in it/);
    expect((await walk(root, standIns)).changes).not.toEqual([]);
  });

  it('is refused with what to do by hand where one of our own would not be started', () => {
    const refused = (tree: Tree): string =>
      findingsOf(tree)
        .map(({code, severity, message}) => `${severity} ${code} ${message}`)
        .join();
    const image = '/efi/EFI/Linux/arch-linux.efi';
    expect(refused({...arch, [image]: program(1400)})).toMatch(
      /^blocker boot-chain-unsupported .*arch-linux\.efi is signed/,
    );
    expect(refused({...arch, ...secureBoot})).toMatch(/Secure Boot is on/);
    expect(refused({...arch, '/etc/kernel/uki.conf': '[UKI]\nSecureBootPrivateKey=/k\n'})).toMatch(
      /uki\.conf names keys/,
    );
    expect(refused({...arch, [image]: 'no program'})).toMatch(/can't be read/);
    expect(refused({...arch, [variablePath('LoaderInfo')]: Buffer.alloc(4)})).toMatch(/the firmware starts the image/);
    expect(refused({...arch, '/etc/mkinitcpio.d/linux.preset': ''})).toMatch(/no unified kernel image was found/);
    expect(findingsOf({...arch, ...secureBoot})[0]?.remedy).toContain(`Add to /etc/kernel/cmdline: ${wanted}.`);
    expect(findingsOf(fedora, {initramfs: 'initramfs-tools'})).toMatchObject([
      {code: 'initramfs-unsupported', message: expect.stringContaining('installed kernel') as string},
    ]);
  });

  it('is no obstacle where it was made by hand, and nothing has to be in its initramfs', () => {
    const nothing: Plan['binding'] = {
      kind: 'vfio',
      by: 'address',
      softdeps: [],
      builtInOptions: [],
      moduleOptions: [],
      initramfsModules: [],
      byAddress: [],
    };
    const running = {
      ...arch,
      ...secureBoot,
      '/proc/cmdline': `root=UUID=1-2 rw quiet ${wanted}\n`,
      '/etc/kernel/cmdline': `root=UUID=1-2 rw quiet ${wanted}\n`,
    };
    expect(findingsOf(running, {binding: nothing})).toEqual([]);
    expect(findingsOf(running)).toHaveLength(1);
  });
});
