import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const grub = '/etc/default/grub';
const domain = '/etc/libvirt/qemu/win10.xml';

it('rollback refuses files that were edited since, shows with --keep-edits what it makes of them, and does that', async () => {
  const root = unpackHost('dell-r710-gtx1050');
  const path = (name: string): string => join(root, name);
  const edit = (name: string, from: string, to: string): void =>
    writeFileSync(path(name), readFileSync(path(name), 'utf8').replace(from, to));
  const undo = (...options: string[]) => runCli(['rollback', '--root', root, ...options]);
  const before = treeState(root);
  expect(await runCli(['apply', profilePath('dell-r710-gtx1050'), '--root', root, '--yes'])).toMatchObject({
    exitCode: 0,
  });
  edit(grub, 'GRUB_TIMEOUT=', '# set by hand\nGRUB_TIMEOUT=');
  edit(domain, '<devices>', '<devices>\n    <watchdog/>');
  const edited = treeState(root);

  const refused = await undo('--yes');
  expect(refused).toMatchObject({exitCode: 5, stdout: ''});
  expect(refused.stderr).toMatch(
    /(?:\/etc\/default\/grub, \/etc\/libvirt\/qemu\/win10\.xml|\/etc\/libvirt\/qemu\/win10\.xml, \/etc\/default\/grub) were edited since/,
  );
  expect(refused.stderr).toContain(
    '`rollback --keep-edits` shows what it makes of them: the edit stays, and what was applied goes.',
  );
  expect(differences(edited, treeState(root))).toEqual({});

  const {exitCode, stdout, stderr} = await undo('--keep-edits', '--yes');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    `  take what was applied from ${grub}, and keep what was edited since:\n--- ${grub}\n+++ ${grub}\n`,
  );
  expect(stdout).toMatch(/^-GRUB_CMDLINE_LINUX_DEFAULT=.*hugepages/m);
  expect(stdout).toContain(`  leave ${domain} alone: it was edited since, and all the rest of it was applied\n`);
  expect(stdout).toContain('2 keep what was edited since.');
  expect(stderr).toContain(
    `${domain} was not changed: it has what was applied and what you edited since.\nvirsh undefine win10 --keep-nvram takes the guest away.`,
  );
  expect(readFileSync(path(domain), 'utf8')).toContain('<watchdog/>');
  rmSync(path(domain));
  edit(grub, '# set by hand\n', '');
  expect(differences(before, treeState(root))).toEqual({});
});
