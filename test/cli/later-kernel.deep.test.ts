import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const arguments_ = 'hugepagesz=2M hugepages=8192';

/** The shipped host with two cards, as if Fedora's GRUB had been installed on it with three kernels. */
const withEntries = () => {
  const root = unpackHost('ryzen-two-cards');
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), content);
  };
  const entry = (release: string): string => `/boot/loader/entries/0123-${release}.conf`;
  const install = (release: string, options: string): void => {
    put(
      entry(release),
      `title Fedora Linux (${release})\nversion ${release}\nlinux /vmlinuz-${release}\ninitrd /initramfs-${release}.img\noptions ${options}\n`,
    );
    put(`/boot/vmlinuz-${release}`, '');
  };
  rmSync(join(root, '/etc/default/grub.d'), {recursive: true, force: true});
  const line = readFileSync(join(root, '/proc/cmdline'), 'utf8')
    .trim()
    .replace(/^BOOT_IMAGE=\S+ /, '');
  put('/etc/default/grub', 'GRUB_CMDLINE_LINUX="quiet"\nGRUB_ENABLE_BLSCFG=true\n');
  for (const release of ['6.11.4', '6.12.5']) install(release, line);
  return {root, entry, install, line};
};

it('rollback says which boot entries it leaves away or takes the arguments from, when kernels came and went since', async () => {
  const {root, entry, install, line} = withEntries();
  const before = treeState(root);
  const applied = await runCli(['apply', profilePath('ryzen-two-cards'), '--root', root, '--yes']);
  expect(applied).toMatchObject({exitCode: 0});
  expect(readFileSync(join(root, entry('6.12.5')), 'utf8')).toContain(arguments_);
  for (const path of [entry('6.11.4'), '/boot/vmlinuz-6.11.4']) rmSync(join(root, path));
  install('6.13.1', `${line} ${arguments_}`);
  install('6.13.2', `${line} hugepages=8192`);

  const {exitCode, stdout, stderr} = await runCli(['rollback', '--root', root, '--yes']);

  expect(exitCode).toBe(0);
  expect(stdout).toContain(`  restore ${entry('6.12.5')}\n`);
  expect(stdout).toContain('  remove  /etc/modprobe.d/vfio-pilot.conf\n');
  expect(stdout).toContain(`  take the arguments from ${entry('6.13.1')}, whose kernel was installed since\n`);
  expect(stdout).toContain(`  do not bring ${entry('6.11.4')} back: its kernel was removed since\n`);
  expect(stdout).not.toContain(`restore ${entry('6.11.4')}`);
  expect(stderr).toContain(
    `${entry('6.13.2')} was written while the arguments were there, and has only some of them now`,
  );
  expect(readFileSync(join(root, entry('6.13.1')), 'utf8')).toContain(`options ${line}\n`);
  for (const release of ['6.13.1', '6.13.2'])
    for (const path of [entry(release), `/boot/vmlinuz-${release}`]) rmSync(join(root, path));
  install('6.11.4', line);
  expect(differences(before, treeState(root))).toEqual({});
});
