import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {fillTree} from '../support/make-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {twinProfile} from '../support/twin-profile.ts';

it('a folder of the host comes to the guest by apply, is imported, and goes by rollback', async () => {
  const root = unpackHost('two-identical-cards');
  fillTree(root, {'srv/share': {directory: true}});
  const at = ['--root', root, '--no-pager'];
  const profile = twinProfile('lin', 'os: linux\nshare:\n  - {dir: /srv/share, tag: share}');
  const before = treeState(root);
  const applied = await runCli(['apply', profile, ...at, '--yes']);
  expect(applied.exitCode, applied.stderr).toBe(0);
  expect(applied.stdout).toContain('mount -t virtiofs share /mnt');
  expect(applied.stdout).toContain('No virtiofsd was found');
  const xml = readFileSync(join(root, 'etc/libvirt/qemu/lin.xml'), 'utf8');
  expect(xml).toMatch(/<access mode='shared'\/>[^]*<driver type='virtiofs'\/>/);
  expect((await runCli(['verify', ...at])).stdout).toContain('/etc/libvirt/qemu/lin.xml still has what was applied.');
  const imported = await runCli(['import', 'libvirt', 'lin', ...at]);
  expect(imported.stdout).toMatch(/share:\s+(?:- |\[\{)dir: \/srv\/share,?\s+tag: share/);
  expect(imported.stderr).not.toMatch(/<filesystem>|<access>/);
  expect((await runCli(['rollback', ...at, '--yes'])).exitCode).toBe(0);
  expect(differences(before, treeState(root))).toEqual({});
});
