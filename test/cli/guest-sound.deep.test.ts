import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {fillTree} from '../support/make-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {twinProfile} from '../support/twin-profile.ts';

const profileWith = (sound: string): string => twinProfile('win', `os: linux\n${sound}`);

describe('an emulated sound card', () => {
  it('through SPICE is made by apply, imported, taken out by the profile, and undone to the byte', async () => {
    const root = unpackHost('two-identical-cards');
    fillTree(root, {
      'usr/lib/x86_64-linux-gnu/qemu/ui-spice-core.so': '',
      'usr/lib/x86_64-linux-gnu/qemu/audio-spice.so': '',
    });
    const at = ['--root', root, '--no-pager'];
    const domain = (): string => readFileSync(join(root, 'etc/libvirt/qemu/win.xml'), 'utf8');
    const before = treeState(root);
    const applied = await runCli(['apply', profileWith('sound: spice'), ...at, '--yes']);
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
    expect(domain()).toMatch(/<sound model='ich9'>\s*<audio id='1'\/>\s*<\/sound>\s*<audio id='1' type='spice'\/>/);
    expect((await runCli(['import', 'libvirt', 'win', ...at])).stdout).toMatch(/^ {2}sound: spice$/m);
    expect((await runCli(['plan', profileWith('sound: spice'), ...at])).stdout).toMatch(/nothing to do/i);
    const silent = await runCli(['apply', profileWith('sound: none'), ...at, '--yes']);
    expect(silent.exitCode, silent.stdout + silent.stderr).toBe(0);
    expect(domain()).not.toContain('<sound');
    for (const _ of [1, 2]) expect((await runCli(['rollback', ...at, '--yes'])).exitCode).toBe(0);
    expect(differences(before, treeState(root))).toEqual({});
  });

  it('is refused with line and remedy where this QEMU has no part that plays it', async () => {
    const root = unpackHost('two-identical-cards');
    fillTree(root, {'usr/lib/x86_64-linux-gnu/qemu/ui-opengl.so': ''});
    const refused = await runCli(['plan', profileWith('sound: spice'), '--root', root]);
    expect(refused.exitCode).toBe(3);
    expect(refused.stdout).toMatch(/win\.yaml:13:\d+: This QEMU has no SPICE/);
  });
});
