import {applyChanges, rollback} from '../../../src/hosts/transactions.ts';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderChain} from '../../../src/boot/chains.ts';
import {systemImages} from '../../../src/boot/systemd-boot/late-entries.ts';
import {compareArtifacts} from '../../../src/changes/compare-artifacts.ts';
import {renderHost} from '../../../src/changes/render-host.ts';
import {imageSystem} from '../../../src/image/systems.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {ids, never, request, silent} from '../../transaction/scenario.ts';
import {snapshot} from '../../transaction/scratch-root.ts';
import {describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {realFile} from './real-file.ts';
import {standIns} from './stand-ins.ts';

type Tree = Parameters<typeof makeTree>[0];
type State = Readonly<Record<string, string>>;

const golden = (name: string): string => join(import.meta.dirname, `../../golden/chains/${name}.diff`);
const decode = (state: State, path: string): string =>
  Buffer.from(state[path]?.split(' ').at(-1) ?? '', 'base64').toString();
const variablePath = (name: string): string => `/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;
const variable = (name: string, text: string): Tree => ({
  [variablePath(name)]: Buffer.concat([Buffer.from([7, 0, 0, 0]), Buffer.from(`${text}\0`, 'utf16le')]),
});
const valueOf = (state: State, name: string): string | null => {
  const entry = state[variablePath(name)];
  return entry === undefined
    ? null
    : Buffer.from(entry.split(' ').at(-1) ?? '', 'base64')
        .subarray(4)
        .toString('utf16le')
        .replace('\0', '');
};
const big = 'x'.repeat(200);
const wanted = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';
const addedPaths = (
  {before, applied}: {readonly before: State; readonly applied: State},
  under: string,
): readonly string[] => Object.keys(applied).filter((path) => path.startsWith(under) && !(path in before));
const changedPaths = (
  {before, applied}: {readonly before: State; readonly applied: State},
  under: string,
): readonly string[] => Object.keys(before).filter((path) => path.startsWith(under) && applied[path] !== before[path]);

/** Invented after the Arch wiki's layout, the EFI partition at /boot; the preset is that of mkinitcpio 39 with its fallback. */
const arch: Tree = {
  '/proc/cmdline': 'initrd=\\amd-ucode.img initrd=\\initramfs-linux.img root=UUID=1-2 rw quiet\n',
  '/sys/firmware/efi/efivars': {directory: true},
  ...variable('LoaderInfo', 'systemd-boot 257.5-1-arch'),
  ...variable('LoaderEntrySelected', 'arch.conf'),
  '/usr/bin/bootctl': '',
  '/boot/EFI/systemd/systemd-bootx64.efi': '',
  '/boot/loader/loader.conf': '#timeout 3\ndefault  arch.conf\ntimeout  4\nconsole-mode max\n',
  '/boot/loader/entries/arch.conf':
    'title   Arch Linux\nlinux   /vmlinuz-linux\ninitrd  /amd-ucode.img\ninitrd  /initramfs-linux.img\noptions root=UUID=1-2 rw  quiet\n',
  '/boot/loader/entries/arch-fallback.conf':
    'title   Arch Linux (fallback initramfs)\nlinux   /vmlinuz-linux\ninitrd  /amd-ucode.img\ninitrd  /initramfs-linux-fallback.img\noptions root=UUID=1-2 rw\n',
  '/boot/loader/entries/arch-lts.conf':
    'title   Arch Linux LTS\nlinux   /vmlinuz-linux-lts\ninitrd  /amd-ucode.img\ninitrd  /initramfs-linux-lts.img\noptions root=UUID=1-2 rw hugepages=7\n',
  '/boot/loader/entries/other.conf':
    'title   Another system\nlinux   /other/vmlinuz\ninitrd  /other/initrd\noptions root=UUID=9-9 rw\n',
  '/boot/loader/entries/memtest.conf': 'title   Memtest86+\nefi     /memtest86+/memtest.efi\n',
  '/boot/vmlinuz-linux': '',
  '/boot/vmlinuz-linux-lts': '',
  '/boot/amd-ucode.img': '',
  '/boot/initramfs-linux.img': big,
  '/boot/initramfs-linux-fallback.img': big,
  '/boot/initramfs-linux-lts.img': big,
  '/usr/bin/mkinitcpio': {text: '', mode: 0o755},
  '/etc/mkinitcpio.conf':
    'MODULES=()\nBINARIES=()\nFILES=()\nHOOKS=(base udev autodetect microcode modconf kms keyboard keymap consolefont block filesystems fsck)\n',
  '/etc/mkinitcpio.conf.d': {directory: true},
  '/etc/mkinitcpio.d/linux.preset': `# mkinitcpio preset file for the 'linux' package\n\n#ALL_config="/etc/mkinitcpio.conf"\nALL_kver="/boot/vmlinuz-linux"\n\nPRESETS=('default' 'fallback')\n\n#default_config="/etc/mkinitcpio.conf"\ndefault_image="/boot/initramfs-linux.img"\n#default_uki="/efi/EFI/Linux/arch-linux.efi"\n\nfallback_image="/boot/initramfs-linux-fallback.img"\nfallback_options="-S autodetect"\n`,
  '/etc/mkinitcpio.d/linux-lts.preset': `ALL_kver="/boot/vmlinuz-linux-lts"\nPRESETS=('default')\ndefault_image="/boot/initramfs-linux-lts.img"\n`,
};

/** The entry is one that kernel-install of Debian 12 wrote, with the number of the kernel; the files of initramfs-tools and the hook are Debian's (real/README.md). */
const token = '0123456789abcdef0123456789abcdef';
const debianEntry = (release: string): Tree => ({
  [`/boot/efi/loader/entries/${token}-${release}.conf`]: realFile('debian-12/entry-6.1.0-18-amd64.conf').replaceAll(
    '6.1.0-18-amd64',
    release,
  ),
  [`/boot/efi/${token}/${release}/linux`]: '',
  [`/boot/efi/${token}/${release}/initrd.img-${release}`]: big,
  [`/boot/vmlinuz-${release}`]: '',
  [`/boot/initrd.img-${release}`]: big,
});
const debian: Tree = {
  '/proc/cmdline': `initrd=\\${token}\\6.1.0-18-amd64\\initrd.img-6.1.0-18-amd64 root=UUID=1-2 ro quiet systemd.machine_id=${token}\n`,
  '/sys/firmware/efi/efivars': {directory: true},
  ...variable('LoaderInfo', 'systemd-boot 252.39-1~deb12u2'),
  ...variable('LoaderEntrySelected', `${token}-6.1.0-18-amd64.conf`),
  '/usr/bin/bootctl': '',
  '/boot/efi/loader/loader.conf': '#timeout 3\n#console-mode keep\n',
  '/etc/initramfs/post-update.d/systemd-boot': {text: realFile('debian-12/post-update.d-systemd-boot'), mode: 0o755},
  '/etc/kernel/install.conf': 'layout=bls\n',
  ...debianEntry('6.1.0-17-amd64'),
  ...debianEntry('6.1.0-18-amd64'),
  '/usr/sbin/update-initramfs': {text: '', mode: 0o755},
  '/etc/initramfs-tools/modules': realFile('debian-12/initramfs-tools-modules'),
  '/etc/initramfs-tools/initramfs.conf': realFile('debian-12/initramfs.conf'),
};

/** The entries are one that kernel-install wrote, with the number of the kernel, and /etc/dracut.conf is that of dracut (real/README.md); the rest is invented after Fedora's inst.sdboot. */
const fedoraEntry = (release: string): string =>
  realFile('fedora/entry-6.12.5-200.fc41.x86_64.conf').replaceAll('6.12.5-200.fc41.x86_64', release);
const fedora: Tree = {
  '/proc/cmdline': `initrd=\\${token}\\6.12.5-200.fc41.x86_64\\initrd root=UUID=1-2 ro rhgb quiet systemd.machine_id=${token}\n`,
  '/sys/firmware/efi/efivars': {directory: true},
  ...variable('LoaderInfo', 'systemd-boot 256.9-2.fc41'),
  '/usr/bin/bootctl': '',
  '/etc/kernel/cmdline': 'root=UUID=1-2 ro rhgb quiet\n',
  '/boot/efi/loader/loader.conf': `default ${token}-*\n`,
  [`/boot/efi/loader/entries/${token}-6.12.5-200.fc41.x86_64+3.conf`]: fedoraEntry('6.12.5-200.fc41.x86_64'),
  [`/boot/efi/loader/entries/${token}-6.11.4-301.fc41.x86_64+0-3.conf`]: fedoraEntry('6.11.4-301.fc41.x86_64'),
  [`/boot/efi/${token}/6.12.5-200.fc41.x86_64/linux`]: '',
  [`/boot/efi/${token}/6.12.5-200.fc41.x86_64/initrd`]: big,
  '/usr/bin/dracut': {text: '', mode: 0o755},
  '/etc/dracut.conf': realFile('debian-12/dracut.conf'),
};

describe('systemd-boot', () => {
  it.each([
    ['arch-systemd-boot-mkinitcpio', arch, 'mkinitcpio', '/boot/'],
    ['debian-systemd-boot-initramfs-tools', debian, 'initramfs-tools', '/boot/efi/'],
    ['fedora-systemd-boot-dracut', fedora, 'dracut', '/boot/efi/'],
  ] as const)(
    '%s gets new files on the EFI partition and none that is written over, and is rolled back to the last byte',
    async (name, tree, initramfs, esp) => {
      const walked = await walk(makeTree(tree), standIns);
      expect(walked.facts.boot).toMatchObject({loader: 'systemd-boot', initramfs});
      expect(walked.findings).toEqual([]);
      await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden(name));
      expect(changedPaths(walked, esp)).toEqual([]);
      expect(addedPaths(walked, esp).length).toBeGreaterThan(0);
      for (const path of addedPaths(walked, esp)) expect(path).toMatch(/\.vfio-pilot-[0-9a-f]{8}(?:\.conf|\.img)?$/);
      expect(walked.warnings).toEqual([]);
      expect(walked.again).toEqual([]);
      expect(walked.brokenFiles).toEqual([]);
      expectUndone(name, walked);
    },
  );

  it('has an entry for each kernel of this system with every argument of others in its place (failure mode 14), and none for fallbacks and other systems', async () => {
    const walked = await walk(makeTree(arch), standIns);
    const [one = '', other = '', ...more] = addedPaths(walked, '/boot/loader/entries/');
    expect(more).toEqual([]);
    expect([one, other].map((path) => path.replace(/vfio-pilot-\w+/, '*'))).toEqual([
      '/boot/loader/entries/arch-lts.*.conf',
      '/boot/loader/entries/arch.*.conf',
    ]);
    expect(decode(walked.applied, other)).toMatch(
      new RegExp(
        `^# Generated .*\ntitle {3}Arch Linux \\(vfio-pilot\\)\nlinux {3}/vmlinuz-linux\ninitrd {2}/amd-ucode\\.img\ninitrd {2}/initramfs-linux\\.vfio-pilot-\\w+\\.img\noptions root=UUID=1-2 rw {2}quiet ${wanted}\n$`,
      ),
    );
    expect(decode(walked.applied, one)).toContain(`options root=UUID=1-2 rw ${wanted}\n`);
  });

  it('does not say of the copy that kernel-install wrote it', async () => {
    const walked = await walk(makeTree(fedora), standIns);
    const [path = ''] = addedPaths(walked, '/boot/efi/loader/entries/');
    expect(decode(walked.applied, path)).toMatch(
      /^# Generated by vfio-pilot .*\n# Boot Loader Specification type#1 entry\ntitle /,
    );
  });

  it('is what is written although GRUB is installed as well (failure mode 15)', async () => {
    const grub = {
      '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
      '/usr/bin/grub-mkconfig': '',
      '/boot/grub/grub.cfg': 'menu\n',
    };
    const walked = await walk(makeTree({...arch, ...grub}), standIns);
    expect(changedPaths(walked, '/boot/grub')).toEqual([]);
    expect(changedPaths(walked, '/etc/default')).toEqual([]);
    expect(addedPaths(walked, '/boot/loader/entries/')).toHaveLength(2);
  });

  it('gets further files for a changed plan, and none of the ones before is written over or taken away', async () => {
    const root = makeTree(arch);
    const machine = realMachine(root, standIns);
    const states = [snapshot(root)];
    for (const [index, pages] of [6144, 1024].entries()) {
      const base = samplePlan();
      const plan = samplePlan({
        initramfs: 'mkinitcpio',
        kernelArguments: {
          ...base.kernelArguments,
          add: [
            {text: 'hugepagesz=2M', because: ''},
            {text: `hugepages=0:${pages},1:0`, because: ''},
          ],
        },
      });
      const facts = readHost(openSource(root, null));
      await applyChanges(
        machine,
        request(compareArtifacts(facts, renderHost(facts, plan).artifacts), ids[index]),
        silent,
        never,
      );
      // As after the reboot: the entry that is running is a copy of our own.
      writeFileSync(
        join(root, variablePath('LoaderEntrySelected')),
        readFileSync(join(root, variablePath('LoaderEntryDefault'))),
      );
      states.push(snapshot(root));
    }
    const [before = {}, first = {}, second = {}] = states;
    for (const path of addedPaths({before, applied: first}, '/boot/')) expect(second[path]).toBe(first[path]);
    expect(
      addedPaths({before: first, applied: second}, '/boot/loader/entries/').map((path) =>
        path.replace(/vfio-pilot-\w+/, '*'),
      ),
    ).toEqual(['/boot/loader/entries/arch-lts.*.conf', '/boot/loader/entries/arch.*.conf']);
    expect(valueOf(second, 'LoaderEntryDefault')).not.toBe(valueOf(first, 'LoaderEntryDefault'));
    await expect(rollback(machine, {id: ids[0]}, silent, never)).rejects.toThrow(/was changed again by/);
    await rollback(machine, {}, silent, never);
    expect(snapshot(root)[variablePath('LoaderEntryDefault')]).toBe(first[variablePath('LoaderEntryDefault')]);
    await rollback(machine, {}, silent, never);
    expect({...snapshot(root), [variablePath('LoaderEntrySelected')]: ''}).toEqual({
      ...before,
      [variablePath('LoaderEntrySelected')]: '',
    });
  });

  it('knows the images of the system, which its updates make with our files in them', () => {
    const facts = readHost(openSource(makeTree(arch), null));
    expect(systemImages(facts, samplePlan({initramfs: 'mkinitcpio'}), imageSystem('mkinitcpio'))).toEqual([
      '/boot/initramfs-linux-fallback.img',
      '/boot/initramfs-linux-lts.img',
      '/boot/initramfs-linux.img',
    ]);
    const {binding} = samplePlan();
    expect(
      systemImages(
        facts,
        samplePlan({
          initramfs: 'mkinitcpio',
          binding: {
            ...binding,
            softdeps: [],
            builtInOptions: [],
            moduleOptions: [],
            initramfsModules: [],
            byAddress: [],
          },
        }),
        imageSystem('mkinitcpio'),
      ),
    ).toEqual([]);
  });

  it('lets mkinitcpio make the image of our entry anew when the kernel is updated under its name', async () => {
    const {applied} = await walk(makeTree(arch), standIns);
    expect(decode(applied, '/etc/mkinitcpio.d/linux.preset')).toMatch(
      /PRESETS\+=\('vfio_pilot'\)\nvfio_pilot_kver="\/boot\/vmlinuz-linux"\nvfio_pilot_image="\/boot\/initramfs-linux\.vfio-pilot-\w+\.img"\n# END/,
    );
  });

  it('moves a default that is chosen by name to the copy, and puts the variable back as it was', async () => {
    const absent = await walk(makeTree(arch), standIns);
    expect(valueOf(absent.applied, 'LoaderEntryDefault')).toMatch(/^arch\.vfio-pilot-\w{8}\.conf$/);
    const lts = await walk(makeTree({...arch, ...variable('LoaderEntryDefault', 'arch-lts.conf')}), standIns);
    expect(valueOf(lts.applied, 'LoaderEntryDefault')).toMatch(/^arch-lts\.vfio-pilot-\w{8}\.conf$/);
    expect(valueOf(lts.rolledBack, 'LoaderEntryDefault')).toBe('arch-lts.conf');
    const saved = await walk(
      makeTree({
        ...arch,
        ...variable('LoaderEntryDefault', '@saved'),
        ...variable('LoaderEntryLastBooted', 'arch-lts.conf'),
      }),
      standIns,
    );
    expect(valueOf(saved.applied, 'LoaderEntryDefault')).toMatch(/^arch-lts\.vfio/);
    expect(valueOf(saved.rolledBack, 'LoaderEntryDefault')).toBe('@saved');
    const preferred = await walk(makeTree({...arch, ...variable('LoaderEntryPreferred', 'arch.conf')}), standIns);
    expect(valueOf(preferred.applied, 'LoaderEntryPreferred')).toMatch(/^arch\.vfio/);
    expect(valueOf(preferred.applied, 'LoaderEntryDefault')).toBeNull();
  });

  it('pins nothing where the newest kernel is the default, so that later kernels are started too', async () => {
    for (const tree of [
      debian,
      fedora,
      {...arch, '/boot/loader/loader.conf': 'default arch*\n'},
      {...arch, '/boot/loader/loader.conf': 'default gone.conf\n'},
    ]) {
      const {changes, applied} = await walk(makeTree(tree), standIns);
      expect(changes.map(({path}) => path).filter((path) => path.includes('bootctl'))).toEqual([
        '/usr/bin/bootctl list --no-pager',
      ]);
      expect(valueOf(applied, 'LoaderEntryDefault')).toBeNull();
    }
  });

  it('leaves another system as the default, and says what to choose', () => {
    const facts = readHost(openSource(makeTree({...arch, ...variable('LoaderEntryDefault', 'auto-windows')}), null));
    expect(renderChain(facts, samplePlan({initramfs: 'mkinitcpio'})).findings).toMatchObject([
      {code: 'boot-default-foreign', severity: 'warning', message: expect.stringContaining('auto-windows') as string},
    ]);
  });

  it('tells when the boot loader starts something else in spite of the new entries', async () => {
    const {warnings} = await walk(makeTree(debian), {
      ...standIns,
      bootctl: () => ({exitCode: 0, stdout: 'title: Z (default)\nid: z.conf\n'}),
    });
    expect(warnings).toEqual([expect.stringMatching(/^The boot loader starts z\.conf by default\. Choose /)]);
    expect((await walk(makeTree(debian), {...standIns, bootctl: () => ({exitCode: 1})})).warnings).toEqual([
      expect.stringContaining('could not be read back'),
    ]);
  });

  it('is put back when bootctl is content but the variable is not what was asked for', async () => {
    const root = makeTree(arch);
    await expect(walk(root, {...standIns, bootctl: () => ({exitCode: 0})})).rejects.toThrow(
      /LoaderEntryDefault is not set, and should be "arch\.vfio-pilot/,
    );
    expect((await walk(root, standIns)).changes).not.toEqual([]);
  });

  it('makes /etc/kernel/cmdline where there is none, for the kernels to come', async () => {
    const {applied} = await walk(makeTree(debian), standIns);
    expect(decode(applied, '/etc/kernel/cmdline')).toBe(`root=UUID=1-2 ro quiet ${wanted}\n`);
    const vendor = await walk(
      makeTree({...debian, '/usr/lib/kernel/cmdline': '# vendor\nroot=UUID=1-2\n  splash\n'}),
      standIns,
    );
    expect(decode(vendor.applied, '/etc/kernel/cmdline')).toBe(`root=UUID=1-2 splash ${wanted}\n`);
  });

  it('asks for no copy of the entry that kernel-install wrote for a later kernel', async () => {
    const root = makeTree(debian);
    const {changes} = await walk(root, standIns);
    const files = Object.fromEntries(
      changes.flatMap((change) =>
        'content' in change && change.content !== null && !change.path.includes('vfio-pilot-')
          ? [[change.path, {text: change.content.text, mode: change.content.mode}]]
          : [],
      ),
    );
    const release = '6.1.0-19-amd64';
    const entry = `/boot/efi/loader/entries/${token}-${release}.conf`;
    const later: Tree = {...debian, ...files, ...debianEntry(release)};
    const plain = later[entry];
    const written = {...later, [entry]: typeof plain === 'string' ? plain.replace('quiet', `quiet ${wanted}`) : ''};
    const paths = (tree: Tree): string =>
      JSON.stringify(renderChain(readHost(openSource(makeTree(tree), null)), samplePlan()).artifacts);
    expect(paths(written)).not.toContain(release);
    expect(paths(written)).toContain('6.1.0-18-amd64');
    expect(paths(later)).toContain(release);
  });

  it('is refused with a reason where an image can not be made, or an entry not be copied', () => {
    const findings = (tree: Tree, initramfs: 'mkinitcpio' | 'dracut') =>
      renderChain(readHost(openSource(makeTree(tree), null)), samplePlan({initramfs})).findings;
    const entry = '/boot/loader/entries/arch.conf';
    expect(findings({...arch, '/etc/mkinitcpio.d/linux.preset': 'PRESETS=("$(ls)")\n'}, 'mkinitcpio')).toMatchObject([
      {code: 'initramfs-unsupported', subject: entry},
    ]);
    expect(findings(arch, 'dracut').map(({code}) => code)).toEqual(['initramfs-unsupported', 'initramfs-unsupported']);
    expect(findings({...arch, [entry]: 'linux /vmlinuz-linux\noptions root=UUID=1-2\n'}, 'mkinitcpio')).toMatchObject([
      {code: 'command-line-not-editable', subject: entry, message: expect.stringContaining('no initramfs') as string},
    ]);
    const bare = Object.fromEntries(Object.entries(arch).filter(([path]) => !path.includes('/entries/')));
    expect(findings(bare, 'mkinitcpio')).toMatchObject([
      {code: 'command-line-not-editable', subject: '/boot/loader/entries'},
    ]);
  });
});
