import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {compareArtifacts} from '../../../src/changes/compare-artifacts.ts';
import {renderHost} from '../../../src/changes/render-host.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {recover} from '../../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../../src/hosts/transactions.ts';
import {renderPresentImages} from '../../../src/image/image-system.ts';
import {imageSystem} from '../../../src/image/systems.ts';
import type {Machine, Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {listingCommands, verifyImages} from '../../../src/verify/verify-images.ts';
import {failingMachine} from '../../support/failing-machine.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {bySize} from '../../support/sizes.ts';
import {never, request, silent} from '../../transaction/scenario.ts';
import {put, snapshot} from '../../transaction/scratch-root.ts';
import {standIns} from './stand-ins.ts';

const members =
  'scripts/init-top/ORDER\nscripts/init-top/00-vfio-pilot\netc/modprobe.d/vfio-pilot.conf\n/vfio-pci.ko\n/vfio.ko\n/vfio_iommu_type1.ko\n';
const imageOf = (release: string, hasScript: boolean): string =>
  `image of ${release} ${hasScript ? `with script\n${members}` : 'without script\n'}${'busybox\n'.repeat(50)}`;

/** Invented after Debian: two kernels, of which one will go, and packages that want to be told of new images. */
const debian = {
  '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz-6.1.0-1 root=UUID=1-2 ro\n',
  '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
  '/boot/grub/grub.cfg': 'menu\n',
  '/usr/sbin/update-initramfs': {text: '', mode: 0o755},
  '/etc/initramfs-tools/modules': '# none\n',
  '/etc/initramfs/post-update.d/tell': {text: '', mode: 0o755},
  '/boot/vmlinuz-6.1.0-1': '',
  '/boot/initrd.img-6.1.0-1': imageOf('6.1.0-1', false),
  '/boot/vmlinuz-6.1.0-2': '',
  '/boot/initrd.img-6.1.0-2': imageOf('6.1.0-2', false),
} as const;

/** mkinitramfs puts what stands in /etc into the image; run-parts fails for a kernel that is gone, as a hook may. */
const programs: Readonly<Record<string, Program>> = {
  ...standIns,
  mkinitramfs: (argv, {root}) => {
    const hasScript = existsSync(join(root, '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot'));
    put(root, argv[2] ?? '', imageOf(argv[3] ?? '', hasScript));
    return {exitCode: 0};
  },
  'run-parts': (argv, {root}) => ({exitCode: existsSync(join(root, argv[2]?.replace('--arg=', '') ?? '')) ? 0 : 1}),
};

const plan = samplePlan();
const read = (root: string) => readHost(openSource(root, null));

/** Applied; then one kernel is removed, and another installed whose package makes an image with what was applied. */
const liveOn = async (): Promise<{root: string; machine: Machine}> => {
  const root = makeTree(debian);
  const machine = realMachine(root, programs);
  await applyChanges(
    machine,
    request(compareArtifacts(read(root), renderHost(read(root), plan).artifacts)),
    silent,
    never,
  );
  for (const path of ['/boot/vmlinuz-6.1.0-1', '/boot/initrd.img-6.1.0-1']) rmSync(join(root, path));
  put(root, '/boot/vmlinuz-6.1.0-3', '');
  put(root, '/boot/initrd.img-6.1.0-3', imageOf('6.1.0-3', true));
  return {root, machine};
};

const text = (root: string, release: string): string => readFileSync(join(root, `/boot/initrd.img-${release}`), 'utf8');

describe('a kernel that came after apply', () => {
  it('loses what was applied when it is taken back, and one that went is no obstacle', async () => {
    const {root, machine} = await liveOn();
    expect(text(root, '6.1.0-2')).toContain('with script');
    await expect(
      rollback(machine, {images: renderPresentImages(read(root), plan, imageSystem(plan.initramfs))}, silent, never),
    ).resolves.toMatchObject({outcome: 'rolled-back'});
    expect([text(root, '6.1.0-2'), text(root, '6.1.0-3')]).toEqual([
      imageOf('6.1.0-2', false),
      imageOf('6.1.0-3', false),
    ]);
    expect(existsSync(join(root, '/boot/initrd.img-6.1.0-1'))).toBe(false);
  });

  it('is left alone when nothing that images are made of was applied', async () => {
    const {root, machine} = await liveOn();
    const [image] = renderPresentImages(read(root), plan, imageSystem(plan.initramfs)).map((artifact) => ({
      ...artifact,
      triggers: ['/etc/other'],
    }));
    await rollback(machine, {images: image === undefined ? [] : [image]}, silent, never);
    expect(text(root, '6.1.0-3')).toContain('with script');
  });

  it('is served by the recovery, too, wherever the rollback was cut off', async () => {
    const sound = await liveOn();
    await rollback(
      sound.machine,
      {images: renderPresentImages(read(sound.root), plan, imageSystem(plan.initramfs))},
      silent,
      never,
    );
    const wanted = snapshot(sound.root);
    let isCut = true;
    for (let failAt = 1; isCut; failAt += bySize(90, 12, 1)) {
      const {root, machine} = await liveOn();
      const cut = failingMachine({...machine, self: {...machine.self, pid: 999_999_999}}, {failAt, crash: true});
      isCut = await rollback(
        cut,
        {images: renderPresentImages(read(root), plan, imageSystem(plan.initramfs))},
        silent,
        never,
      ).then(
        () => false,
        () => true,
      );
      await recover(machine, {}, silent);
      // Cut off before it began, it was not asked for by anybody who is still there.
      if (text(root, '6.1.0-2').includes('with script'))
        await rollback(
          machine,
          {images: renderPresentImages(read(root), plan, imageSystem(plan.initramfs))},
          silent,
          never,
        );
      expect(snapshot(root)).toEqual(wanted);
    }
  });
});

describe('failure mode 5: the image of each kernel, after apply', () => {
  it('is listed with the program of its system and held to what was promised', async () => {
    const {root} = await liveOn();
    const facts = read(root);
    const commands = listingCommands(facts, plan);
    expect(commands).toEqual(
      ['6.1.0-2', '6.1.0-3'].map((release) => ({
        path: `/boot/initrd.img-${release}`,
        argv: ['/usr/bin/lsinitramfs', `/boot/initrd.img-${release}`],
      })),
    );
    const listings = {
      '/boot/initrd.img-6.1.0-2': text(root, '6.1.0-2'),
      '/boot/initrd.img-6.1.0-3': 'scripts/init-top/ORDER\n',
    };
    const results = verifyImages(facts, plan, listings);
    expect(results.map(({status}) => status)).toEqual(['kept', 'broken']);
    expect(results[1]).toMatchObject({
      fact: expect.stringContaining('scripts/init-top/00-vfio-pilot') as string,
      remedy: expect.stringContaining('Apply the profile again') as string,
    });
    expect(verifyImages(facts, plan, {}).map(({status}) => status)).toEqual(['unknown', 'unknown']);
  });

  it.each([
    [
      'dracut',
      {'/usr/bin/dracut': {text: '', mode: 0o755}, '/boot/vmlinuz-6.12.5': '', '/boot/initramfs-6.12.5.img': 'x'},
      ['/usr/bin/lsinitrd', '/boot/initramfs-6.12.5.img'],
    ],
    [
      'mkinitcpio',
      {
        '/usr/bin/mkinitcpio': {text: '', mode: 0o755},
        '/etc/mkinitcpio.d/linux.preset':
          "ALL_kver='/boot/vmlinuz-linux'\nPRESETS=('default')\ndefault_image='/boot/initramfs-linux.img'\n",
      },
      ['/usr/bin/lsinitcpio', '/boot/initramfs-linux.img'],
    ],
  ] as const)('of %s as well', (initramfs, tree, argv) => {
    expect(
      listingCommands(
        read(makeTree({'/proc/cmdline': 'BOOT_IMAGE=/vmlinuz-6.12.5 ro\n', '/boot/grub/grub.cfg': '', ...tree})),
        {...plan, initramfs},
      ),
    ).toEqual([{path: argv[1], argv}]);
  });
});
