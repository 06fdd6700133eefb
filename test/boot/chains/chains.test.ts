import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderChain} from '../../../src/boot/chains.ts';
import {checkBootChain} from '../../../src/checks/software-checks.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {readHost} from '../../../src/host/read-host.ts';
import type {Program} from '../../../src/system/machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {snapshot} from '../../transaction/scratch-root.ts';
import {describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {arch, archBooster, debian, dracut, fedora, initramfsTools, proxmox} from './chain-trees.ts';
import {standIns} from './stand-ins.ts';

const golden = (name: string): string => join(import.meta.dirname, `../../golden/chains/${name}.diff`);
const decode = (state: Readonly<Record<string, string>>, path: string): string =>
  Buffer.from(state[path]?.split(' ').at(-1) ?? '', 'base64').toString();
const release = ['6.11.4-301.fc41.x86_64', '6.12.5-200.fc41.x86_64'] as const;

describe('a boot chain', () => {
  it.each([
    [
      'debian-grub-initramfs-tools',
      {...debian('debian-13/grub', '6.12.43+deb13-amd64'), ...initramfsTools},
      'grub',
      'initramfs-tools',
    ],
    ['debian-grub-dracut', {...debian('debian-12/grub', '6.1.0-18-amd64'), ...dracut}, 'grub', 'dracut'],
    ['fedora-bls-dracut', fedora, 'grub-bls', 'dracut'],
    ['arch-grub-mkinitcpio-busybox', arch('base udev autodetect modconf kms block'), 'grub', 'mkinitcpio'],
    ['arch-grub-mkinitcpio-systemd', arch('base systemd autodetect modconf kms block'), 'grub', 'mkinitcpio'],
    ['arch-grub-booster', archBooster, 'grub', 'booster'],
    ['proxmox-zfs', proxmox, 'proxmox-boot-tool', 'initramfs-tools'],
  ] as const)(
    '%s is found, written, read back as done, and rolled back to the last byte',
    async (name, tree, loader, initramfs) => {
      const walked = await walk(makeTree(tree), standIns);
      expect(walked.facts.boot).toMatchObject({loader, initramfs});
      expect(walked.findings).toEqual([]);
      await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden(name));
      expect(walked.applied).not.toEqual(walked.before);
      expect(walked.again).toEqual([]);
      expect(walked.brokenFiles).toEqual([]);
      expectUndone(name, walked);
    },
  );

  it('failure mode 16: of Fedora gets the arguments into the entry of every kernel, and the rescue entry stays', async () => {
    const {applied, keptFiles} = await walk(makeTree(fedora), standIns);
    const options = (name: string): string =>
      /^options .*$/m.exec(decode(applied, `/boot/loader/entries/${name}.conf`))?.[0] ?? '';
    expect(options(`0123-${release[0]}`)).toBe(
      'options root=UUID=1-2 ro rootflags=subvol=root rhgb quiet intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0',
    );
    expect(options(`0123-${release[1]}`)).toBe(
      'options root=UUID=1-2 ro rootflags=subvol=root  rhgb quiet $tuned_params intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0',
    );
    expect(options('01234567890123456789012345678901-0-rescue')).toBe('options root=UUID=1-2 ro');
    expect(decode(applied, '/etc/default/grub')).toContain(
      'GRUB_CMDLINE_LINUX="rootflags=subvol=root rhgb quiet intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0"',
    );
    expect(keptFiles).toEqual(
      expect.arrayContaining(release.map((kernel) => `/boot/loader/entries/0123-${kernel}.conf`)),
    );
  });

  it('failure mode 5: of Fedora with an image that lacks a module is not changed at all', async () => {
    const root = makeTree(fedora);
    const programs = {
      ...standIns,
      lsinitrd: () => ({exitCode: 0, stdout: 'hooks/pre-udev/00-vfio-pilot.sh\netc/modprobe.d/vfio-pilot.conf\n'}),
    };
    await expect(walk(root, programs)).rejects.toThrow(/vfio_pci\.ko.*is not in it/);
    expect((await walk(root, standIns)).changes).not.toEqual([]);
  });

  it('of Proxmox VE is brought up to date by its tool, again after the rollback', async () => {
    const {applied, rolledBack, changes} = await walk(makeTree(proxmox), standIns);
    expect(decode(applied, '/esp')).toBe(
      'version 6.8.12-4-pve\noptions  root=ZFS=rpool/ROOT/pve-1 boot=zfs intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0\ninitrd\n',
    );
    expect(decode(rolledBack, '/esp')).toBe(proxmox['/esp']);
    expect(changes.map((change) => change.path)).not.toContain('/etc/default/grub');
  });
});

describe('the EFI partitions of Proxmox VE', () => {
  const idle: Program = () => ({exitCode: 0});
  const device = '/dev/disk/by-uuid/ABCD-0123';

  it('are read back, and everything is put back where an entry has not got the arguments', async () => {
    const root = makeTree(proxmox);
    const before = snapshot(root);
    await expect(walk(root, {...standIns, 'proxmox-boot-tool': idle})).rejects.toMatchObject({
      message: `intel_iommu=on should be in proxmox-6.8.12-4-pve.conf on ${device}, and is not.`,
      isRestored: true,
    });
    expect(snapshot(root)).toMatchObject(before);
  });

  it('are read where they are mounted, as the device may lag behind', async () => {
    const mounted = {
      ...proxmox,
      [device]: {link: '../../sda2'},
      '/proc/1/mounts': '/dev/sda1 / zfs rw 0 0\n/dev/sda2 /mnt/esp vfat rw 0 0\n',
      '/mnt/esp/loader/entries/proxmox-6.8.12-4-pve.conf': 'options  root=ZFS=rpool/ROOT/pve-1\n',
    };
    await expect(walk(makeTree(mounted), standIns)).rejects.toMatchObject({
      message: expect.stringContaining(
        'intel_iommu=on should be in /mnt/esp/loader/entries/proxmox-6.8.12-4-pve.conf',
      ) as string,
    });
  });

  it('are told of where they can not be read, as one that is gone stays in the list', async () => {
    const {warnings} = await walk(
      makeTree({...proxmox, '/etc/kernel/proxmox-boot-uuids': 'ABCD-0123\nDEAD-0000\n'}),
      standIns,
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^The boot entries on \/dev\/disk\/by-uuid\/DEAD-0000 could not be read back: /),
    ]);
    const empty: Program = () => ({exitCode: 0, stdout: ''});
    expect((await walk(makeTree(proxmox), {...standIns, 'grub-fstest': empty})).warnings).toEqual([
      expect.stringContaining(`${device} has no entry of Proxmox VE`),
    ]);
  });
});

describe('a boot chain that is not written', () => {
  const wanted = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';
  const findingsOf = (tree: Parameters<typeof makeTree>[0]): readonly Finding[] => {
    const facts = readHost(openSource(makeTree(tree), null));
    return renderChain(facts, samplePlan()).findings;
  };

  const limine = {
    '/boot/limine.conf': '/Arch Linux\n  protocol: linux\n  path: boot():/vmlinuz-linux\n  cmdline: root=UUID=1-2 rw\n',
  };

  it('says what to add by hand', () => {
    expect(findingsOf(limine)).toMatchObject([
      {
        code: 'boot-chain-unsupported',
        severity: 'blocker',
        remedy: `Copy the entry that works in /boot/limine.conf under a title of its own, and add to the cmdline of the copy: ${wanted}. Boot with them, then run the command again.`,
      },
    ]);
    expect(findingsOf({})).toMatchObject([
      {code: 'boot-chain-unsupported', remedy: `Add by hand: ${wanted}. Boot with them, then run the command again.`},
    ]);
  });

  it('is no obstacle any more when the machine has booted with them', () => {
    expect(findingsOf({...limine, '/proc/cmdline': `root=UUID=1-2 rw ${wanted}\n`})).toEqual([]);
  });

  it('is an entry whose arguments stand in grubenv, and one without a line of options', () => {
    const path = `/boot/loader/entries/0123-${release[1]}.conf`;
    for (const [text, reason] of [
      ['linux /a\noptions $kernelopts\n', /kernelopts/],
      ['title a\nlinux /a\n', /no line of options/],
      ['linux /a\noptions a\noptions b\n', /several lines/],
    ] as const) {
      expect(findingsOf({...fedora, [path]: text})).toMatchObject([
        {
          code: 'command-line-not-editable',
          subject: path,
          message: expect.stringMatching(reason) as string,
          remedy: expect.stringContaining(`grubby --update-kernel=ALL --args="${wanted}"`) as string,
        },
      ]);
    }
  });

  it('is Fedora or Proxmox VE without the files that the arguments go into', () => {
    const entries = Object.keys(fedora).filter(
      (path) => path.startsWith('/boot/loader/entries/') && !path.includes('rescue'),
    );
    expect(
      findingsOf(Object.fromEntries(Object.entries(fedora).filter(([path]) => !entries.includes(path)))),
    ).toMatchObject([{subject: '/boot/loader/entries'}]);
    expect(
      findingsOf(Object.fromEntries(Object.entries(proxmox).filter(([path]) => path !== '/etc/kernel/cmdline'))),
    ).toMatchObject([{subject: '/etc/kernel/cmdline', message: expect.stringContaining('does not exist') as string}]);
    expect(findingsOf({...proxmox, '/etc/kernel/cmdline': 'root=a\nquiet\n'})).toMatchObject([
      {subject: '/etc/kernel/cmdline', message: expect.stringContaining('2 lines') as string},
    ]);
  });
});

describe('checkBootChain', () => {
  it('says which chains are served from the same table that writes them', () => {
    const check = (tree: Parameters<typeof makeTree>[0]): string =>
      checkBootChain(readHost(openSource(makeTree(tree), null))).fact;
    for (const tree of [fedora, proxmox, arch('base udev')])
      expect(check(tree)).toContain('written and taken back in tests');
    const unserved = checkBootChain(
      readHost(
        openSource(makeTree({'/boot/limine.conf': '/Menu\n', '/usr/bin/dracut': {text: '', mode: 0o755}}), null),
      ),
    );
    expect(unserved).toMatchObject({
      status: 'warning',
      fact: expect.stringMatching(
        /^limine with dracut: this version writes rpm-ostree, nixos, .*, grub, grub-bls with initramfs-tools, dracut, mkinitcpio, booster\.$/,
      ) as string,
    });
  });
});
