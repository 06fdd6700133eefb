import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderChain} from '../../../src/boot/chains.ts';
import {editKernelstub} from '../../../src/boot/kernelstub/kernelstub.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {openSource} from '../../../src/system/source.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {realFile} from './real-file.ts';
import {standIns} from './stand-ins.ts';

const decode = (state: Readonly<Record<string, string>>, path: string): string =>
  Buffer.from(state[path]?.split(' ').at(-1) ?? '', 'base64').toString();
const wanted = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';
const path = '/etc/kernelstub/configuration';
const release = '6.9.3-76060903-generic';
const settings = (user: object): string =>
  JSON.stringify(
    {
      default: {
        kernel_options: ['quiet', 'splash'],
        esp_path: '/boot/efi',
        setup_loader: false,
        manage_mode: false,
        force_update: false,
        live_mode: false,
        unified_kernel: false,
        config_rev: 4,
      },
      user: {
        kernel_options: ['quiet', 'hugepages=7', 'splash'],
        esp_path: '/boot/efi',
        setup_loader: true,
        manage_mode: true,
        force_update: false,
        live_mode: false,
        unified_kernel: false,
        config_rev: 4,
        ...user,
      },
    },
    null,
    2,
  );

/** initramfs-tools' files are those of Debian; the rest is invented after the sources of kernelstub: its configuration of revision 4, its two entries and its copies. */
const pop = {
  '/proc/cmdline': 'initrd=\\EFI\\Pop_OS-1-2\\initrd.img root=UUID=1-2 ro quiet hugepages=7 splash\n',
  '/sys/firmware/efi': {directory: true},
  [path]: settings({}),
  '/boot/efi/loader/loader.conf': 'default Pop_OS-current\n',
  '/boot/efi/loader/entries/Pop_OS-current.conf':
    'title Pop!_OS\nlinux /EFI/Pop_OS-1-2/vmlinuz.efi\ninitrd /EFI/Pop_OS-1-2/initrd.img\noptions root=UUID=1-2 ro quiet hugepages=7 splash\n',
  '/boot/efi/loader/entries/Pop_OS-oldkern.conf':
    'title Pop!_OS\nlinux /EFI/Pop_OS-1-2/vmlinuz-previous.efi\ninitrd /EFI/Pop_OS-1-2/initrd.img-previous\noptions root=UUID=1-2 ro quiet hugepages=7 splash\n',
  '/boot/efi/loader/entries/Recovery-1.conf':
    'title Pop!_OS recovery\nlinux /EFI/Recovery-1/vmlinuz.efi\ninitrd /EFI/Recovery-1/initrd.gz\noptions boot=casper\n',
  '/boot/efi/EFI/Pop_OS-1-2/initrd.img': 'old',
  [`/boot/vmlinuz-${release}`]: '',
  [`/boot/initrd.img-${release}`]: 'old',
  '/usr/sbin/update-initramfs': {text: '', mode: 0o755},
  '/etc/initramfs-tools/modules': realFile('debian-12/initramfs-tools-modules'),
  '/etc/initramfs-tools/initramfs.conf': realFile('debian-12/initramfs.conf'),
} as const;

describe('kernelstub', () => {
  it('gets the arguments into its configuration, writes both entries, and is rolled back to the last byte', async () => {
    const walked = await walk(makeTree(pop), standIns);
    expect(walked.facts.boot).toMatchObject({loader: 'kernelstub', initramfs: 'initramfs-tools'});
    expect(walked.findings).toMatchObject([
      {
        code: 'boot-entry-overwritten',
        severity: 'warning',
        message: expect.stringContaining('/boot/efi/loader/entries/Pop_OS-current.conf and') as string,
      },
    ]);
    await expect(describeChanges(walked.changes)).toMatchFileSnapshot(
      join(import.meta.dirname, '../../golden/chains/pop-kernelstub.diff'),
    );
    for (const entry of ['current', 'oldkern'])
      expect(decode(walked.applied, `/boot/efi/loader/entries/Pop_OS-${entry}.conf`)).toContain(
        `options root=UUID=1-2 ro quiet splash ${wanted}\n`,
      );
    expect(decode(walked.applied, '/boot/efi/EFI/Pop_OS-1-2/initrd.img')).toContain('00-vfio-pilot');
    expect(walked.again).toEqual([]);
    expect(walked.brokenFiles).toEqual([]);
    expectUndone('kernelstub', walked);
  });

  it('that ends without an error and without an entry, as it does where it finds no kernel, is found out', async () => {
    const root = makeTree(pop);
    await expect(walk(root, {...standIns, kernelstub: () => ({exitCode: 0})})).rejects.toThrow(
      /intel_iommu=on should be in \/boot\/efi\/loader\/entries\/Pop_OS-current\.conf/,
    );
    expect(decode((await walk(root, standIns)).before, path)).toBe(pop[path]);
  });

  it('has a configuration that is refused where the next run of kernelstub would write it in other words', () => {
    const reason = (text: string): string => {
      const edited = editKernelstub(text, {add: ['a=b'], remove: [], ownedKeys: []});
      return edited.ok ? edited.text : edited.reason;
    };
    expect(reason('{')).toMatch(/no JSON/);
    expect(reason('[]')).toMatch(/no JSON/);
    expect(reason(`${settings({})}\n`)).toMatch(/another form/);
    expect(reason(settings({config_rev: 3}))).toMatch(/another version/);
    expect(reason(settings({live_mode: true}))).toMatch(/live medium/);
    expect(reason(settings({kernel_options: 'quiet splash'}))).toMatch(/no list/);
    expect(reason(settings({kernel_options: ['x="a']}))).toMatch(/no partner/);
    expect(
      reason(
        settings({kernel_options: ['quiet', 'x="é b"', '--', 'init'].map((word) => word)}).replace('é', '\\u00e9'),
      ),
    ).toContain('"x=\\"\\u00e9 b\\"",\n      "a=b",\n      "--",\n      "init"');
    expect(
      renderChain(readHost(openSource(makeTree({...pop, [path]: '{}'}), null)), samplePlan()).findings,
    ).toMatchObject([
      {code: 'command-line-not-editable', remedy: expect.stringContaining('Run sudo kernelstub') as string},
    ]);
  });
});
