import {chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const token = '0123456789abcdef0123456789abcdef';
const release = '6.8.0-79-generic';
const variable = (text: string): Buffer =>
  Buffer.concat([Buffer.from([6, 0, 0, 0]), Buffer.from(`${text}\0`, 'utf16le')]);

/** The shipped host with two cards, as if systemd-boot had been installed on it; kernel-install of systemd 255 wrote such entries. */
const withSystemdBoot = (): {
  readonly root: string;
  readonly put: (path: string, content: string | Buffer) => void;
  readonly entry: (release: string, options: string) => string;
  readonly disk: string;
} => {
  const root = unpackHost('ryzen-two-cards');
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), content);
  };
  for (const path of ['/boot/grub', '/etc/default/grub', '/etc/default/grub.d'])
    rmSync(join(root, path), {recursive: true, force: true});
  const disk = /root=\S+/.exec(readFileSync(join(root, '/proc/cmdline'), 'utf8'))?.[0] ?? '';
  const entry = (kernel: string, options: string): string =>
    `title Ubuntu\nversion ${kernel}\nmachine-id ${token}\nsort-key ubuntu\noptions ${disk} ro quiet${options}\nlinux /${token}/${kernel}/linux\ninitrd /${token}/${kernel}/initrd.img-${kernel}\n`;
  put('/proc/cmdline', `initrd=\\${token}\\${release}\\initrd.img-${release} ${disk} ro quiet\n`);
  put(
    '/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f',
    variable('systemd-boot 255.4-1ubuntu8'),
  );
  put(`/boot/efi/loader/entries/${token}-${release}.conf`, entry(release, ''));
  put(`/boot/efi/${token}/${release}/linux`, '');
  put(`/boot/efi/${token}/${release}/initrd.img-${release}`, 'initrd');
  return {root, put, entry, disk};
};

it('a host that systemd-boot starts is planned, applied as far as a tree can be, and rolled back, and an entry that was written since is named', async () => {
  const {root, put, entry, disk} = withSystemdBoot();
  const before = treeState(root);
  const own = `/boot/efi/loader/entries/${token}-${release}.vfio-pilot-`;
  const plan = await runCli(['plan', profilePath('ryzen-two-cards'), '--root', root]);
  expect(plan.stdout).toContain(`create ${own}`);
  expect(plan.stdout).toMatch(/run \/usr\/sbin\/mkinitramfs -o \/boot\/efi\/\S+\.vfio-pilot-\w{8} 6\.8\.0-79-generic/);
  const applied = await runCli(['apply', profilePath('ryzen-two-cards'), '--root', root, '--yes']);
  expect(applied.exitCode).toBe(0);
  // No program runs in a tree: an entry whose image is not there must not be left in it.
  expect(`${applied.stdout}${applied.stderr}`).toMatch(
    /vfio-pilot-\w{8}\.conf was not written: the image that it names could not be made here\./,
  );
  const line = readFileSync(join(root, '/etc/kernel/cmdline'), 'utf8').trim();
  expect(line).toBe(`${disk} ro quiet hugepagesz=2M hugepages=8192`);
  const late = `/boot/efi/loader/entries/${token}-6.8.0-80-generic.conf`;
  put(late, entry('6.8.0-80-generic', ' hugepagesz=2M hugepages=8192'));
  const rolledBack = await runCli(['rollback', '--root', root, '--yes']);
  expect(rolledBack.exitCode).toBe(0);
  expect(rolledBack.stderr).toContain(`${late} was written while the arguments were there, and still has them`);
  expect(rolledBack.stderr).toContain('Run kernel-install add 6.8.0-80-generic');
  expect(rolledBack.stderr).not.toContain(`${token}-${release}.conf was written`);
  rmSync(join(root, late));
  expect(differences(before, treeState(root))).toEqual({});
});

it('an image of the system that an update has made with our files is named, and what makes it without them', async () => {
  const {root, put, disk} = withSystemdBoot();
  const image = '/boot/initramfs-linux.img';
  rmSync(join(root, '/boot/efi/loader'), {recursive: true});
  for (const path of ['/usr/sbin/update-initramfs', '/usr/sbin/mkinitramfs', '/etc/initramfs-tools', '/var/lib/dpkg'])
    rmSync(join(root, path), {recursive: true, force: true});
  put('/usr/bin/mkinitcpio', '');
  chmodSync(join(root, '/usr/bin/mkinitcpio'), 0o755);
  put('/etc/mkinitcpio.conf', 'MODULES=()\nHOOKS=(base udev modconf)\n');
  mkdirSync(join(root, '/etc/mkinitcpio.conf.d'));
  put(
    '/etc/mkinitcpio.d/linux.preset',
    `ALL_kver="/boot/vmlinuz-linux"\nPRESETS=('default')\ndefault_image="${image}"\n`,
  );
  put('/boot/vmlinuz-linux', '');
  put(image, 'image');
  put(
    '/boot/loader/entries/arch.conf',
    `title Arch\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\noptions ${disk} rw\n`,
  );
  put('/proc/cmdline', `initrd=\\initramfs-linux.img ${disk} rw\n`);
  const apply = () => runCli(['apply', profilePath('ryzen-two-cards'), '--root', root, '--yes']);
  const undo = () => runCli(['rollback', '--root', root, '--yes']);
  const told = `${image} was rebuilt since, and has what was applied until it is rebuilt again.\nDo that as after an update of its kernel (mkinitcpio -P), then reboot.`;
  expect(await apply()).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('conf.d/zz-vfio-pilot.conf') as string,
  });
  expect((await undo()).stderr).not.toContain('made anew since');
  await apply();
  put(image, 'image with our files');
  expect((await undo()).stderr).toContain(told);
});
