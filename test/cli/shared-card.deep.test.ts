import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {applyTo, expectNothingToDo} from './plan-document.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-vfs-'));
afterAll(() => rmSync(scratch, {recursive: true}));

const profile = (name: string, index: number): string => {
  const file = join(scratch, `${name}.yaml`);
  writeFileSync(
    file,
    `version: 2
name: ${name}
devices:
  - function:
      of: {address: 0000:0a:00.0, id: 8086:1521}
      index: ${index}
cpu:
  vcpus: 4
memory:
  size: 4 GiB
  hugepages: none
guest:
  name: ${name}
  os: linux
`,
  );
  return file;
};

const free = (name: string): string => {
  const file = profile(name, 0);
  const text = readFileSync(file, 'utf8')
    .replace('- function:', '- anyFunction:')
    .replace(/ {6}index: 0\n/, '');
  writeFileSync(file, text);
  return file;
};

const one = profile('one', 0);
const two = profile('two', 3);
const script = (root: string, guest: string): string =>
  readFileSync(join(root, `usr/local/lib/vfio-pilot/virtual-functions-${guest}`), 'utf8');
describe('two guests with any free virtual function of one port', () => {
  const network = '/etc/libvirt/qemu/networks/vf-enp10s0f0.xml';

  it('share the network of the first, which goes last', async () => {
    const root = unpackHost('sriov-nic');
    const before = treeState(root);
    const [a, b] = [free('free1'), free('free2')];
    const first = (await applyTo(a, root)).applied;
    expect(readFileSync(join(root, network), 'utf8')).toContain("<pf dev='enp10s0f0'/>");
    await expectNothingToDo(a, root);
    await applyTo(b, root);
    await expectNothingToDo(b, root);
    expect(script(root, 'free2')).toContain('\nmake 0000:0a:00.0 2 keep ');
    expect(readFileSync(join(root, 'etc/libvirt/qemu/free2.xml'), 'utf8')).toContain("network='vf-enp10s0f0'");

    const early = await runCli(['rollback', first, '--root', root, '--yes']);
    expect(early.exitCode).not.toBe(0);
    expect(early.stderr).toContain('The guest free2 gets its network card from the network vf-enp10s0f0');
    expect((await runCli(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
    expect((await runCli(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
    expect(differences(before, treeState(root))).toEqual({});
  });
});

describe('two guests with virtual functions of one port', () => {
  it('are set up one after the other, and the second asks for enough for both', async () => {
    const root = unpackHost('sriov-nic');
    await applyTo(one, root);
    expect(script(root, 'one')).toContain('\nmake 0000:0a:00.0 1 keep ');
    await applyTo(two, root);
    expect(script(root, 'two')).toContain('\nmake 0000:0a:00.0 4 keep ');
    expect(script(root, 'one')).toContain('\nmake 0000:0a:00.0 1 keep ');
    await expectNothingToDo(two, root);
  });

  it('are rolled back in either order, and the other one stays to the byte', async () => {
    const root = unpackHost('sriov-nic');
    const before = treeState(root);
    const first = (await applyTo(one, root)).applied;
    const alone = treeState(root);
    await applyTo(two, root);
    const both = treeState(root);
    const rollback = async (...id: readonly string[]): Promise<void> => {
      const {exitCode, stderr} = await runCli(['rollback', ...id, '--root', root, '--yes']);
      expect(exitCode, stderr).toBe(0);
    };

    await rollback(first);
    const ofFirst = Object.keys(differences(before, alone));
    expect(Object.keys(differences(both, treeState(root))).filter((path) => !ofFirst.includes(path))).toEqual([]);
    expect(script(root, 'two')).toContain('\nmake 0000:0a:00.0 4 keep ');
    await rollback();
    // An empty directory that the first run made stays: it held files of the second one when the first went.
    const left = Object.entries(differences(before, treeState(root))).map(([, [, now]]) => now);
    expect(left.filter((what) => !what.startsWith('directory '))).toEqual([]);

    await applyTo(one, root);
    const again = treeState(root);
    await applyTo(two, root);
    await rollback();
    expect(differences(again, treeState(root))).toEqual({});
  });

  it('keep the card with the host: no third guest gets it whole', async () => {
    const root = unpackHost('sriov-nic');
    await applyTo(one, root);
    const whole = join(scratch, 'whole.yaml');
    const text = readFileSync(two, 'utf8').replace(/ {2}- function:[\s\S]*index: 3\n/, '  - address: 0000:0a:00.0\n');
    writeFileSync(whole, text.replaceAll('two', 'whole'));
    const {exitCode, stdout} = await runCli(['plan', whole, '--root', root]);
    expect(exitCode).not.toBe(0);
    expect(stdout).toContain('The guest one gets virtual functions of 0000:0a:00.0');
  });
});

describe('two guests with slices of one card', () => {
  const sliceOf = (name: string, uuid: string): string => {
    const file = join(scratch, `${name}.yaml`);
    const device = `  - mdev: {parent: 0000:00:02.0, type: i915-GVTg_V5_8, uuid: ${uuid}}\n`;
    writeFileSync(
      file,
      readFileSync(one, 'utf8')
        .replace(/ {2}- function:[\s\S]*index: 0\n/, device)
        .replaceAll(/\bone\b/g, name)
        .replace('4 GiB', '2 GiB')
        .replace('vcpus: 4', 'vcpus: 2'),
    );
    return file;
  };
  const uuids = ['11111111-2222-4333-8444-000000000001', '11111111-2222-4333-8444-000000000002'] as const;
  const files = ['slice1', 'slice2'].map((name, index) => sliceOf(name, uuids[index] ?? ''));
  const definition = (root: string, index: 0 | 1): string =>
    readFileSync(join(root, 'etc/mdevctl.d/0000:00:02.0', uuids[index]), 'utf8');

  it.each([
    ['the first', 0, 1],
    ['the second', 1, 0],
  ] as const)('are set up in either order: %s first, and rolled back with the other one left', async (_, a, b) => {
    const root = unpackHost('gvt-laptop');
    const before = treeState(root);
    const first = (await applyTo(files[a] ?? '', root)).applied;
    const alone = treeState(root);
    await applyTo(files[b] ?? '', root);
    expect(definition(root, 0)).toBe(definition(root, 1));
    await expectNothingToDo(files[b] ?? '', root);
    const both = treeState(root);

    const {exitCode, stderr} = await runCli(['rollback', first, '--root', root, '--yes']);
    expect(exitCode, stderr).toBe(0);
    const ofFirst = Object.keys(differences(before, alone));
    expect(Object.keys(differences(both, treeState(root))).filter((path) => !ofFirst.includes(path))).toEqual([]);
    expect(definition(root, b)).toContain('i915-GVTg_V5_8');
    expect(() => definition(root, a)).toThrow('ENOENT');

    expect((await runCli(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
    // An empty directory that the first run made stays: it held files of the second one when the first went.
    const left = Object.entries(differences(before, treeState(root))).map(([, [, now]]) => now);
    expect(left.filter((what) => !what.startsWith('directory '))).toEqual([]);
  });

  it('keep the card with the host, and a third finds no slice left', async () => {
    const root = unpackHost('gvt-laptop');
    for (const file of files) await applyTo(file, root);
    const third = await runCli(['plan', sliceOf('slice3', '11111111-2222-4333-8444-000000000003'), '--root', root]);
    expect(third.exitCode).not.toBe(0);
    expect(third.stdout).toContain('0000:00:02.0/i915-GVTg_V5_8 has none left');
    const whole = join(scratch, 'whole-gpu.yaml');
    const text = readFileSync(files[0] ?? '', 'utf8').replace(/ {2}- mdev:.*/, '  - address: 0000:00:02.0');
    writeFileSync(whole, text.replaceAll('slice1', 'whole-gpu'));
    const {stdout} = await runCli(['plan', whole, '--root', root]);
    expect(stdout).toContain('The guest slice1 has a slice of 0000:00:02.0');
  });
});

describe('a slice of a parent that is no PCI function', () => {
  const of = (name: string, mdev: string): string => {
    const file = join(scratch, `${name}.yaml`);
    writeFileSync(
      file,
      `version: 2
devices:
  - mdev: {${mdev}, uuid: 11111111-2222-4333-8444-000000000009}
cpu:
  vcpus: 4
memory:
  size: 2 GiB
guest:
  name: ${name}
`,
    );
    return file;
  };

  it('is made of mbochs, by its size, and of mtty, by its type only', async () => {
    const root = unpackHost('mediated-lab');
    await applyTo(of('bochs', 'parent: auto, vram: 10-20 MiB'), root);
    expect(readFileSync(join(root, 'etc/mdevctl.d/mbochs/11111111-2222-4333-8444-000000000009'), 'utf8')).toBe(
      '{\n  "mdev_type": "mbochs-medium",\n  "start": "auto",\n  "attrs": []\n}',
    );
    const byType = await runCli([
      'plan',
      of('serial', 'parent: mtty, type: mtty-2'),
      '--root',
      unpackHost('mediated-lab'),
    ]);
    expect(byType.stdout).toContain('mtty-2');
    const bySize = await runCli([
      'plan',
      of('sized', 'parent: mtty, vram: 16 MiB'),
      '--root',
      unpackHost('mediated-lab'),
    ]);
    expect(bySize.stdout).toContain('[mdev-none-in-range]');
  });

  it('is refused where the guest would see no PCI device, as of the crypto cards of s390', async () => {
    const root = unpackHost('mediated-lab');
    const {exitCode, stdout} = await runCli([
      'plan',
      of('crypto', 'parent: matrix, type: vfio_ap-passthrough'),
      '--root',
      root,
    ]);
    expect(exitCode).not.toBe(0);
    expect(stdout).toMatch(
      /matrix makes mediated devices for vfio-ap, which are no PCI devices\. \[mdev-not-a-pci-device\]/,
    );
    expect((await runCli(['check', '--root', root])).stdout).toContain('matrix');
  });
});

describe('a slice of a GPU of NVIDIA that has one of 2 GiB', () => {
  it('failure mode 57: has no other size, on the card or on any of its virtual functions', async () => {
    for (const [host, type] of [
      ['turing-server', 'GRID RTX6000-1Q'],
      ['ampere-server', 'NVIDIA RTXA6000-4Q'],
    ] as const) {
      const file = join(scratch, `${host}.yaml`);
      const text = readFileSync(profilePath(host), 'utf8');
      writeFileSync(
        file,
        text.replace(/( +)(?:type: .*|vram: .*\n +suffix: .*)/, (_, indent: string) => `${indent}type: ${type}`),
      );
      const {exitCode, stdout} = await runCli(['plan', file, '--root', unpackHost(host)]);
      expect(exitCode).not.toBe(0);
      expect(stdout).toMatch(/is kept away by slices of 2048 MiB on the same GPU[^]*\[mdev-other-size-active\]/);
    }
  });
});
