import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {fillTree} from '../support/make-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {twinProfile} from '../support/twin-profile.ts';

const profileWith = (lookingGlass: string): string =>
  twinProfile('win', `os: windows-11\nphase: run\nlookingGlass:\n  ${lookingGlass}`);

const memory = 'dev/shm/looking-glass';
const tmpfiles = 'etc/tmpfiles.d/10-vfio-pilot-looking-glass.conf';

describe('Looking Glass', () => {
  it('is set up by apply, verified, imported, and taken back by rollback to the byte', async () => {
    const root = unpackHost('two-identical-cards');
    fillTree(root, {'usr/lib/x86_64-linux-gnu/qemu/ui-spice-core.so': '', 'dev/shm/other': ''});
    const at = ['--root', root, '--no-pager'];
    const before = treeState(root);
    const applied = await runCli(['apply', profileWith('{user: alice, resolution: 2560x1440}'), ...at, '--yes']);
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('looking-glass-client -f /dev/shm/looking-glass -p 5900');
    expect(readFileSync(join(root, tmpfiles), 'utf8')).toContain('f /dev/shm/looking-glass 0660 alice kvm -\n');
    const xml = readFileSync(join(root, 'etc/libvirt/qemu/win.xml'), 'utf8');
    expect(xml).toMatch(/<graphics type='spice'[^]*<shmem name='looking-glass'>/);

    const lost = await runCli(['verify', ...at]);
    expect(lost.stdout).toMatch(/looking-glass is there for Looking Glass, for alice and QEMU\. It is not there\./);
    fillTree(root, {[memory]: {text: '', mode: 0o660}});
    expect((await runCli(['verify', ...at])).stdout).toMatch(/kept +\/dev\/shm\/looking-glass is there/);
    expect((await runCli(['import', 'libvirt', 'win', ...at])).stdout).toMatch(
      /lookingGlass: *(?:\{|\n *)user: alice,?\s+size: 64 MiB/,
    );

    rmSync(join(root, memory));
    expect((await runCli(['rollback', ...at, '--yes'])).exitCode).toBe(0);
    expect(differences(before, treeState(root))).toEqual({});
  });

  it('takes its file away when the profile goes without', async () => {
    const root = unpackHost('two-identical-cards');
    const at = ['--root', root, '--no-pager'];
    await runCli(['apply', profileWith('{user: alice, size: 64 MiB}'), ...at, '--yes']);
    const path = profileWith('{}');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/ {2}lookingGlass:\n.*\n/, ''));
    expect((await runCli(['plan', path, ...at])).stdout).toContain(`/${tmpfiles}`);
    expect((await runCli(['apply', path, ...at, '--yes'])).exitCode).toBe(0);
    expect(() => readFileSync(join(root, tmpfiles))).toThrow('ENOENT');
  });

  it('is refused with line and remedy where the profile does not say who looks, or at what', async () => {
    const root = unpackHost('two-identical-cards');
    const without = await runCli(['plan', profileWith('resolution: 2560x1440'), '--root', root]);
    expect(without.exitCode).toBe(2);
    expect(without.stdout + without.stderr).toMatch(/`guest\.lookingGlass\.user` is missing: Your user on the host/);
    const nothing = await runCli(['plan', profileWith('user: alice'), '--root', root]);
    expect(nothing.exitCode).toBe(3);
    expect(nothing.stdout).toMatch(/win\.yaml:15:\d+: The size of the shared memory follows/);
  });
});
