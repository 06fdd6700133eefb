import {rollback} from '../../../src/hosts/transactions.ts';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {LateArtifacts} from '../../../src/boot/boot-chain.ts';
import {restoredLine} from '../../../src/boot/command-line/kernel-cmdline-file.ts';
import {lateEntries, renderLateEntries} from '../../../src/boot/systemd-boot/late-entries.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {imageSystem} from '../../../src/image/systems.ts';
import {readHost} from '../../../src/host/read-host.ts';
import type {Machine, Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {never, silent} from '../../transaction/scenario.ts';
import {put} from '../../transaction/scratch-root.ts';
import {applySample} from './chain-scenario.ts';
import {standIns} from './stand-ins.ts';

const token = '0123456789abcdef0123456789abcdef';
const esp = '/boot/efi';
const script = '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot';
const line = 'root=UUID=1-2 ro quiet hugepagesz=2M';
const added = ['intel_iommu=on', 'hugepages=0:6144,1:0'];
const entryPath = (release: string): string => `${esp}/loader/entries/${token}-${release}.conf`;
const entryText = (release: string, options: string): string =>
  `title Linux\nversion ${release}\noptions ${options} systemd.machine_id=${token}\nlinux /${token}/${release}/linux\ninitrd /${token}/${release}/initrd\n`;
const text = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

/** Names what was in /etc when it was made. */
const imageOf = (root: string, release: string): string =>
  `${release} ${existsSync(join(root, script)) || existsSync(join(root, '/etc/dracut.conf.d/90-vfio-pilot.conf')) ? 'with ours' : 'as before'} ${'x'.repeat(200)}`;

/** kernel-install of systemd 252: entry from /etc/kernel/cmdline, or else from the running kernel; the image is given, or made by a plugin. */
const kernelInstall: Program = ([, , release = '', kernel = '', initrd], {root}) => {
  if (!existsSync(join(root, kernel))) return {exitCode: 1};
  const from = ['/etc/kernel/cmdline', '/proc/cmdline'].find((path) => existsSync(join(root, path))) ?? '';
  put(root, `${esp}/${token}/${release}/linux`, text(root, kernel));
  put(root, `${esp}/${token}/${release}/initrd`, initrd === undefined ? imageOf(root, release) : text(root, initrd));
  put(root, entryPath(release), entryText(release, text(root, from).trim()));
  return {exitCode: 0};
};

const mkinitramfs: Program = ([, , output = '', release = ''], {root}) => {
  put(root, output, imageOf(root, release));
  return {exitCode: 0};
};
const held =
  '00-vfio-pilot.sh scripts/init-top/ORDER scripts/init-top/00-vfio-pilot hooks/pre-udev/00-vfio-pilot.sh etc/modprobe.d/vfio-pilot.conf /vfio-pci.ko /vfio.ko /vfio_iommu_type1.ko\n';
const programs: Readonly<Record<string, Program>> = {
  ...standIns,
  mkinitramfs,
  'kernel-install': kernelInstall,
  lsinitramfs: () => ({exitCode: 0, stdout: held}),
  lsinitrd: () => ({exitCode: 0, stdout: held}),
};

const installed = (release: string) => ({
  [entryPath(release)]: entryText(release, line),
  [`${esp}/${token}/${release}/linux`]: 'kernel',
  [`${esp}/${token}/${release}/initrd`]: `${release} as before ${'x'.repeat(200)}`,
});

/** Invented after what kernel-install writes on Debian, and on Fedora with inst.sdboot. */
const system = {
  '/proc/cmdline': `initrd=\\${token}\\6.1.0-1\\initrd ${line} systemd.machine_id=${token}\n`,
  '/sys/firmware/efi': {directory: true},
  '/boot/efi/loader/loader.conf': '#timeout 3\n',
  '/usr/lib/systemd/boot/efi/systemd-bootx64.efi': '',
  '/boot/efi/EFI/systemd/systemd-bootx64.efi': '',
  '/etc/kernel/cmdline': `${line}\n`,
  ...installed('6.1.0-1'),
} as const;
const debian = {
  ...system,
  '/usr/sbin/update-initramfs': {text: '', mode: 0o755},
  '/etc/initramfs-tools/modules': '# none\n',
  '/boot/vmlinuz-6.1.0-1': 'kernel',
  '/boot/initrd.img-6.1.0-1': 'x'.repeat(200),
} as const;
const fedora = {...system, '/usr/bin/dracut': {text: '', mode: 0o755}} as const;

type Kind = {
  readonly tree: Parameters<typeof makeTree>[0];
  readonly initramfs: 'initramfs-tools' | 'dracut';
  readonly kernel: string;
  readonly image: readonly string[];
};
const kinds = {
  'initramfs-tools': {
    tree: debian,
    initramfs: 'initramfs-tools',
    kernel: '/boot/vmlinuz-6.1.0-2',
    image: ['/boot/initrd.img-6.1.0-2'],
  },
  dracut: {tree: fedora, initramfs: 'dracut', kernel: '/usr/lib/modules/6.1.0-2/vmlinuz', image: []},
} as const satisfies Readonly<Record<string, Kind>>;

const read = (root: string): HostFacts => readHost(openSource(root, null));

/** Applied; then the package of another kernel makes its image and its entry. */
const liveOn = async ({tree, kernel, image}: Kind): Promise<{readonly root: string; readonly machine: Machine}> => {
  const root = makeTree(tree);
  const machine = realMachine(root, programs);
  await applySample(root, programs);
  put(root, kernel, 'kernel');
  for (const path of image) put(root, path, imageOf(root, '6.1.0-2'));
  await kernelInstall(['/usr/bin/kernel-install', 'add', '6.1.0-2', kernel, ...image], machine, {
    argv: ['kernel-install'],
    timeoutSeconds: 1,
    signal: never,
    onOutput: () => {},
  });
  return {root, machine};
};

const late = (root: string, initramfs: Kind['initramfs']): LateArtifacts =>
  renderLateEntries(read(root), samplePlan({initramfs}), line, imageSystem(initramfs));

describe('a kernel that kernel-install added between apply and rollback', () => {
  it.each(Object.entries(kinds))(
    'loses the arguments from its entry and our files from its image with %s',
    async (_name, kind) => {
      const {root, machine} = await liveOn(kind);
      expect(read(root).boot).toMatchObject({loader: 'systemd-boot', initramfs: kind.initramfs});
      expect(text(root, entryPath('6.1.0-2'))).toContain(added[0]);
      expect(text(root, `${esp}/${token}/6.1.0-2/initrd`)).toContain('with ours');
      const {images, commands} = late(root, kind.initramfs);
      expect(commands.map(({undo}) => undo)).toEqual([
        ['/usr/bin/kernel-install', 'add', '6.1.0-2', kind.kernel, ...kind.image],
      ]);
      await rollback(machine, {images, entries: commands}, silent, never);
      expect(text(root, entryPath('6.1.0-2'))).toBe(entryText('6.1.0-2', line));
      expect(text(root, `${esp}/${token}/6.1.0-2/initrd`)).toContain('as before');
      expect(text(root, entryPath('6.1.0-1'))).toBe(entryText('6.1.0-1', line));
      expect(lateEntries(read(root), samplePlan({initramfs: kind.initramfs}))).toEqual([]);
    },
  );

  it('is read back, so that an entry which keeps an argument leaves the rollback unfinished until it is gone', async () => {
    const {root} = await liveOn(kinds.dracut);
    const {images, commands} = late(root, 'dracut');
    await expect(
      rollback(
        realMachine(root, {...programs, 'kernel-install': () => ({exitCode: 0})}),
        {images, entries: commands},
        silent,
        never,
      ),
    ).rejects.toMatchObject({
      message: expect.stringContaining(`${added[0]} is still in ${entryPath('6.1.0-2')}`) as string,
      isRestored: false,
    });
    await rollback(realMachine(root, programs), {}, silent, never);
    expect(text(root, entryPath('6.1.0-2'))).toBe(entryText('6.1.0-2', line));
  });

  it('is no obstacle when it was removed again', async () => {
    const {root, machine} = await liveOn(kinds.dracut);
    const {images, commands} = late(root, 'dracut');
    for (const path of [kinds.dracut.kernel, entryPath('6.1.0-2'), `${esp}/${token}/6.1.0-2`])
      rmSync(join(root, path), {recursive: true});
    await expect(rollback(machine, {images, entries: commands}, silent, never)).resolves.toMatchObject({
      outcome: 'rolled-back',
    });
    expect(existsSync(join(root, entryPath('6.1.0-2')))).toBe(false);
  });

  it('is left to the user where kernel-install would take the arguments of the running kernel, which are ours', () => {
    const running = (commandLine: string): HostFacts =>
      read(makeTree({...fedora, '/proc/cmdline': `${commandLine}\n`}));
    const plan = samplePlan({initramfs: 'dracut'});
    expect(restoredLine(running(`${line} ${added.join(' ')}`), plan, null)).toBeNull();
    expect(restoredLine(running(`root=UUID=1-2 ro quiet`), plan, null)).toBe('root=UUID=1-2 ro quiet');
    expect(restoredLine(running(`${line} ${added.join(' ')}`), plan, 'root=UUID=1-2\n')).toBe('root=UUID=1-2\n');
    expect(
      restoredLine(
        read(
          makeTree({...fedora, '/proc/cmdline': `${line} ${added.join(' ')}\n`, '/usr/lib/kernel/cmdline': 'vendor\n'}),
        ),
        plan,
        null,
      ),
    ).toBe('vendor\n');
  });

  it('keeps arguments that stood in /etc/kernel/cmdline before', async () => {
    const {root} = await liveOn(kinds.dracut);
    const [command] = late(root, 'dracut').commands;
    expect(command?.effect).toMatchObject({before: {has: [], lacks: added}});
    expect(
      renderLateEntries(
        read(root),
        samplePlan({initramfs: 'dracut'}),
        `${line} ${added.join(' ')}`,
        imageSystem('dracut'),
      ).commands,
    ).toEqual([]);
  });
});
