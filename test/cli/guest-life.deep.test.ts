import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {twinProfile} from '../support/twin-profile.ts';

const settings = `
os: windows-11
diskSize: 80 GiB
cdrom: /srv/win11.iso
drivers: /srv/virtio-win.iso
phase: install
`;
const profile = twinProfile('win', settings);

const isoNamed = (root: string, path: string): void => {
  const image = Buffer.alloc(32_768 + 2048);
  image[32_768] = 1;
  image.write('CD001', 32_769);
  image[32_774] = 1;
  image.write('SOME_MEDIUM'.padEnd(32), 32_808);
  mkdirSync(join(root, 'srv'), {recursive: true});
  writeFileSync(join(root, path), image);
};

const ready = (): string => {
  const root = unpackHost('two-identical-cards');
  isoNamed(root, 'srv/win11.iso');
  isoNamed(root, 'srv/virtio-win.iso');
  return root;
};
const domainOf = (root: string): string => readFileSync(join(root, 'etc/libvirt/qemu/win.xml'), 'utf8');

/** Of screen, card and media. */
const shown = (xml: string) => ({
  hasScreen: xml.includes('<graphics'),
  hasCard: xml.includes("type='pci' managed"),
  media: [...xml.matchAll(/<source file='([^']+\.iso)'/g)].map(([, path]) => path),
});

describe('the life of a guest', () => {
  it('goes from install to prepare to run and back, a transaction each', async () => {
    const root = ready();
    const at = ['--root', root, '--no-pager'];
    const applied = await runCli(['apply', profile, ...at, '--yes']);
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(applied.stdout).toContain(
      'run /usr/bin/qemu-img create -q -f qcow2 -o preallocation=metadata /var/lib/libvirt/images/win.qcow2 81920M',
    );
    expect(applied.stdout).toMatch(/guest phase win prepare --root .*\n(.*\n)*.*guest phase win run --root/);
    expect(shown(domainOf(root))).toEqual({
      hasScreen: true,
      hasCard: false,
      media: ['/srv/win11.iso', '/srv/virtio-win.iso'],
    });

    const states = [treeState(root)];
    for (const [phase, expected] of [
      ['prepare', {hasScreen: true, hasCard: true, media: ['/srv/virtio-win.iso']}],
      ['run', {hasScreen: false, hasCard: true, media: []}],
    ] as const) {
      const before = treeState(root);
      const dry = await runCli(['guest', 'phase', 'win', phase, ...at, '--dry-run']);
      expect(dry).toMatchObject({exitCode: 0});
      expect(dry.stdout).toContain('Dry run: nothing was written.');
      expect(differences(before, treeState(root))).toEqual({});
      const moved = await runCli(['guest', 'phase', 'win', phase, ...at, '--yes']);
      expect(moved.exitCode, moved.stderr).toBe(0);
      expect(moved.stdout).toContain(`win is in the phase ${phase} from its next start on`);
      expect(shown(domainOf(root))).toEqual(expected);
      expect((await runCli(['guest', 'phase', 'win', phase, ...at, '--yes'])).stdout).toContain('Nothing to do');
      states.push(treeState(root));
    }
    for (const state of states.slice(0, -1).toReversed()) {
      expect((await runCli(['rollback', ...at, '--yes'])).exitCode).toBe(0);
      expect(differences(state, treeState(root))).toEqual({});
    }
  });

  it('is of guests that were set up here, and says so of others', async () => {
    const root = ready();
    const at = ['--root', root];
    expect(await runCli(['guest', 'phase', 'nobody', 'run', ...at, '--yes'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('vfio-pilot has not set up a guest called nobody on this host.'),
    });
    expect(await runCli(['guest', 'phase', 'win', 'running', ...at])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('run'),
    });
    expect((await runCli(['guest', 'phase', ...at])).exitCode).toBe(2);
  });

  it('waits for a reboot only where something comes with one', async () => {
    for (const [binding, said] of [
      ['address', 'After the reboot:  '],
      ['libvirt', 'No reboot is needed.\nTo check it:       '],
    ] as const) {
      const path = join(dirname(profile), `${binding}.yaml`);
      writeFileSync(
        path,
        readFileSync(profile, 'utf8')
          .replace('\ncpu:', `\nbinding: ${binding}\ncpu:`)
          .replace('16 GiB', '16 GiB\n  hugepages: none')
          .replace('vcpus: 8', 'vcpus: 8\n  isolation: none'),
      );
      const {stdout} = await runCli(['apply', path, '--root', ready(), '--no-pager', '--yes']);
      expect(stdout).toContain(`\n${said}`);
      expect(stdout.includes('After the reboot')).toBe(binding === 'address');
    }
  });

  it('refuses a medium that is a directory before anything is written', async () => {
    const root = ready();
    const wrong = join(dirname(profile), 'wrong.yaml');
    writeFileSync(wrong, readFileSync(profile, 'utf8').replace('/srv/win11.iso', '/etc'));
    const before = treeState(root);
    const {exitCode, stdout} = await runCli(['apply', wrong, '--root', root, '--no-pager', '--yes']);
    expect(exitCode).toBe(3);
    expect(stdout).toContain('wrong.yaml:14:10: /etc is a directory, not an ISO image. [guest-medium-unusable]');
    expect(differences(before, treeState(root))).toEqual({});
  });

  it('leaves a log, of which the end is shown', async () => {
    const root = ready();
    const at = ['--root', root];
    expect((await runCli(['guest', 'log', 'win', ...at])).exitCode).toBe(2);
    expect((await runCli(['guest', 'log', '../win', ...at])).stderr).toContain('../win is no name of a guest.');
    mkdirSync(join(root, 'var/log/libvirt/qemu'), {recursive: true});
    const lines = Array.from({length: 300}, (_, index) => `line ${index}`);
    writeFileSync(join(root, 'var/log/libvirt/qemu/win.log'), `${lines.join('\n')}\n\u001b[31mred\n`);
    const {stdout, exitCode} = await runCli(['guest', 'log', 'win', ...at]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('line 299');
    expect(stdout).not.toContain('line 99\n');
    expect(stdout).not.toContain('\u001b');
    expect(JSON.parse((await runCli(['guest', 'log', 'win', '--json', ...at])).stdout)).toMatchObject({
      version: 1,
      name: 'win',
      hooks: null,
      guest: {path: '/var/log/libvirt/qemu/win.log'},
    });
  });
});
