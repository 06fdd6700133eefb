import {existsSync, readFileSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderHost} from '../../../src/changes/render-host.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {readHost} from '../../../src/host/read-host.ts';
import type {Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {listingCommands, verifyImages} from '../../../src/verify/verify-images.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {corpusDirectory} from '../../support/shared-data.ts';
import {snapshot} from '../../transaction/scratch-root.ts';
import {applySample, describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {sdbootutil} from './sdbootutil-stand-in.ts';
import {standIns} from './stand-ins.ts';

const golden = (name: string): string => join(import.meta.dirname, `../../golden/chains/${name}.diff`);
const programs: Readonly<Record<string, Program>> = {
  ...standIns,
  'grub2-mkconfig': standIns['grub-mkconfig'] as Program,
  'grub2-script-check': () => ({exitCode: 0}),
  sdbootutil,
};
const decode = (state: Readonly<Record<string, string>>, path: string): string =>
  Buffer.from(state[path]?.split(' ').at(-1) ?? '', 'base64').toString();
const lsinitrdOfAll =
  'hooks/pre-udev/00-vfio-pilot.sh\netc/modprobe.d/vfio-pilot.conf\n/vfio-pci.ko\n/vfio.ko\n/vfio_iommu_type1.ko\n';
const ours = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';

const entry = (number: number, options: string, version = '6.16.3-1-default'): string =>
  `# Boot Loader Specification type#1 entry\ntitle      openSUSE Tumbleweed\nversion    ${number}@${version}\nsort-key   opensuse-tumbleweed\noptions    ${options}\nlinux      /opensuse-tumbleweed/${version}/linux-a1\ninitrd     /opensuse-tumbleweed/6.16.3-1-default/initrd-b1\n`;
const line = (number: number): string =>
  `splash=silent quiet security=selinux  root=UUID=1-2 rootflags=subvol=@/.snapshots/${number}/snapshot systemd.machine_id=0123`;
const running = '/boot/efi/loader/entries/system-opensuse-tumbleweed-6.16.3-1-default-1.conf';
const fallback = '/boot/efi/loader/entries/snapper-opensuse-tumbleweed-6.16.3-1-default-7.conf';

/** Invented after what sdbootutil of 2025 writes: its entry.conf, its names, and LOADER_TYPE as YaST sets it. */
const tumbleweed = {
  '/proc/cmdline': `BOOT_IMAGE=/opensuse-tumbleweed/6.16.3-1-default/linux-a1 ${line(1)}\n`,
  '/sys/firmware/efi': {directory: true},
  '/etc/sysconfig/bootloader': 'LOADER_TYPE="grub2-bls"\nSECURE_BOOT="yes"\n',
  '/etc/kernel/cmdline': `${line(1)}\n`,
  '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
  [running]: entry(1, line(1)),
  [fallback]: entry(7, line(7)),
  '/boot/efi/opensuse-tumbleweed/6.16.3-1-default/initrd-b1': 'of the installation',
  '/usr/bin/dracut': {text: '', mode: 0o755},
  '/etc/dracut.conf.d/99-debug.conf': 'show_modules=no\n',
} as const;

const findingsOf = (tree: Parameters<typeof makeTree>[0]): readonly Finding[] =>
  renderHost(readHost(openSource(makeTree(tree), null)), samplePlan({initramfs: 'dracut'})).findings;
const without = (...paths: readonly string[]) =>
  Object.fromEntries(Object.entries(tumbleweed).filter(([path]) => !paths.includes(path)));

describe('openSUSE with entries that sdbootutil writes', () => {
  it('is found, written, brought up to date by its tool, read back as done, and rolled back to the last byte', async () => {
    const root = makeTree(tumbleweed);
    await sdbootutil(['sdbootutil', 'mkinitrd'], realMachine(root), {
      argv: ['sdbootutil'],
      timeoutSeconds: 1,
      signal: new AbortController().signal,
      onOutput: () => {},
    });
    const walked = await walk(root, programs);
    expect(walked.facts.boot).toMatchObject({loader: 'sdbootutil', initramfs: 'dracut'});
    expect(walked.findings).toEqual([]);
    await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden('opensuse-sdbootutil'));
    expect(/^options .*$/m.exec(decode(walked.applied, running))?.[0]).toBe(`options    ${line(1)} ${ours}`);
    expect(walked.again).toEqual([]);
    expect(walked.brokenFiles).toEqual([]);
    expect(walked.keptPromises).toEqual(['Each boot entry of this snapshot has the kernel arguments.']);
    expectUndone('opensuse-sdbootutil', walked);
  });

  it('keeps the entry of another snapshot and its image as they are', async () => {
    const {before, applied} = await walk(makeTree(tumbleweed), programs);
    const image = '/boot/efi/opensuse-tumbleweed/6.16.3-1-default/initrd-b1';
    expect([applied[fallback], applied[image]]).toEqual([before[fallback], before[image]]);
    expect(/initrd-\w+/.exec(decode(applied, running))?.[0]).not.toBe('initrd-b1');
  });

  it('is put back when the tool reports success and has left an entry as it was', async () => {
    const root = makeTree(tumbleweed);
    const before = snapshot(root);
    const idle: Program = (argv, ...rest) =>
      argv[1] === 'update-all-entries' ? {exitCode: 0} : sdbootutil(argv, ...rest);
    const mute: Program = (argv, ...rest) => (argv[1] === 'mkinitrd' ? {exitCode: 0} : idle(argv, ...rest));
    const blind: Program = () => ({exitCode: 0, stdout: lsinitrdOfAll});
    await expect(walk(root, {...programs, sdbootutil: mute, lsinitrd: blind})).rejects.toMatchObject({
      message: `intel_iommu=on should be in ${running}, and is not.`,
      isRestored: true,
    });
    expect(snapshot(root)).toMatchObject(before);
  });

  it('failure mode 5: is put back when the image that an entry names by then lacks the hook, and verify lists it as well', async () => {
    const root = makeTree(tumbleweed);
    const mute: Program = (argv, ...rest) => (argv[1] === 'mkinitrd' ? {exitCode: 0} : sdbootutil(argv, ...rest));
    await expect(walk(root, {...programs, sdbootutil: mute})).rejects.toMatchObject({
      message:
        '"hooks/pre-udev/00-vfio-pilot.sh" is not in /boot/efi/opensuse-tumbleweed/6.16.3-1-default/initrd-b1, although it was to be.',
      isRestored: true,
    });
    await applySample(root, programs);
    const facts = readHost(openSource(root, null));
    const [listing] = listingCommands(facts, samplePlan({initramfs: 'dracut'}));
    expect(listing?.argv).toEqual([
      '/usr/bin/lsinitrd',
      expect.stringMatching(/^\/boot\/efi\/opensuse-tumbleweed\/6\.16\.3-1-default\/initrd-[0-9a-f]{40}$/),
    ]);
    const statusOf = (text: string): unknown =>
      verifyImages(facts, samplePlan({initramfs: 'dracut'}), {[listing?.path ?? '']: text})[0];
    expect(statusOf(readFileSync(join(root, listing?.path ?? ''), 'utf8'))).toMatchObject({
      status: 'kept',
      promise: `The image of ${running} holds what gives the card away.`,
    });
    expect(statusOf('init')).toMatchObject({status: 'broken'});
  });

  it('finds an entry again to whose name the tool has added a count of tries, and leaves one of another system out', async () => {
    const other = '/boot/efi/loader/entries/other.conf';
    const renaming: Program = (argv, machine, asked) => {
      const result = sdbootutil(argv, machine, asked);
      const [from, to] = [running, running.replace(/\.conf$/, '+3.conf')].map((path) => join(machine.root, path)) as [
        string,
        string,
      ];
      if (existsSync(from)) renameSync(from, to);
      return result;
    };
    const root = makeTree({...tumbleweed, [other]: 'title Debian\nlinux /debian/linux\noptions root=UUID=3-4 ro\n'});
    await expect(applySample(root, {...programs, sdbootutil: renaming})).resolves.toBeUndefined();
    expect(readFileSync(join(root, other), 'utf8')).toContain('options root=UUID=3-4 ro\n');
  });

  it('is not touched where no entry of another snapshot would be left to start', () => {
    expect(findingsOf(without(fallback))).toMatchObject([
      {
        code: 'boot-entry-alone',
        severity: 'blocker',
        remedy: expect.stringMatching(/snapper create .*add intel_iommu=on .* to \/etc\/kernel\/cmdline/) as string,
      },
    ]);
  });

  it('is refused without entries, and without the file that they are made from', () => {
    expect(findingsOf(without(fallback, running))).toMatchObject([
      {code: 'command-line-not-editable', subject: '/boot/efi/loader/entries'},
    ]);
    expect(findingsOf(without('/etc/kernel/cmdline'))).toMatchObject([
      {code: 'command-line-not-editable', subject: '/etc/kernel/cmdline'},
    ]);
  });
});

describe('openSUSE with GRUB', () => {
  const corpus = corpusDirectory();
  const real = 'mined/grub/openSUSE+perl-bootloader__tests__1400_grub2_x86_64_add-option__data__etc__default__grub';

  it.skipIf(corpus === null)(
    'and its own file of defaults is found, written, read back as done, and rolled back to the last byte',
    async () => {
      const walked = await walk(
        makeTree({
          '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-6.4.0-150600.21-default root=UUID=1-2 splash=silent\n',
          '/etc/sysconfig/bootloader': 'LOADER_TYPE="grub2-efi"\n',
          '/etc/default/grub': readFileSync(join(corpus ?? '', real)),
          '/boot/grub2/grub.cfg': 'menu\n',
          '/boot/vmlinuz-6.4.0-150600.21-default': {link: '../usr/lib/modules/6.4.0-150600.21-default/vmlinuz'},
          '/usr/lib/modules/6.4.0-150600.21-default/vmlinuz': '',
          '/boot/initrd': {link: 'initrd-6.4.0-150600.21-default'},
          '/boot/initrd-6.4.0-150600.21-default': 'x'.repeat(200),
          '/usr/bin/dracut': {text: '', mode: 0o755},
          '/etc/dracut.conf.d/99-debug.conf': 'show_modules=no\n',
        }),
        programs,
      );
      expect(walked.facts.boot).toMatchObject({loader: 'grub', initramfs: 'dracut'});
      expect(walked.findings).toEqual([]);
      await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden('opensuse-grub-dracut'));
      expect(walked.again).toEqual([]);
      expect(walked.brokenFiles).toEqual([]);
      expectUndone('opensuse-grub-dracut', walked);
    },
  );
});
