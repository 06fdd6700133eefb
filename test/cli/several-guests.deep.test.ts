import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {applyTo, expectNothingToDo} from './plan-document.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-two-'));
afterAll(() => rmSync(scratch, {recursive: true}));

const profile = (name: string, bus: string, host = ''): string => {
  const file = join(scratch, `${name}.yaml`);
  writeFileSync(
    file,
    `version: 1
name: ${name}
devices:
  - address: 0000:${bus}:00.0
    id: 10de:2504
cpu:
  vcpus: 8
memory:
  size: 16 GiB
  hugepages: 2MiB
guest:
  name: ${name}
  os: linux
${host}`,
  );
  return file;
};

const one = profile('one', '0b');
const two = profile('two', '0a', 'host:\n  acceptLossOf: [0000:0a:00.0, 0000:0a:00.1]\n');

const text = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
const pins = (root: string, guest: string): readonly string[] =>
  [...text(root, `etc/libvirt/qemu/${guest}.xml`).matchAll(/<vcpupin vcpu='\d+' cpuset='(\d+)'/g)].map(
    ([, cpu = '']) => cpu,
  );

describe('two guests on a host with two cards', () => {
  it('have cards, CPUs and pages of their own, and the first is whole after the second was rolled back', async () => {
    const root = unpackHost('two-identical-cards');
    await applyTo(one, root);
    const alone = treeState(root);
    await applyTo(two, root);

    const claims = text(root, 'etc/initramfs-tools/scripts/init-top/00-vfio-pilot').match(/^claim \S+/gm);
    expect(claims).toEqual(['claim 0000:0a:00.0', 'claim 0000:0a:00.1', 'claim 0000:0b:00.0', 'claim 0000:0b:00.1']);
    expect(pins(root, 'one').length).toBe(8);
    expect(pins(root, 'two').length).toBe(8);
    expect(pins(root, 'two').filter((cpu) => pins(root, 'one').includes(cpu))).toEqual([]);
    expect(text(root, 'etc/default/grub')).toMatch(/hugepagesz=2M hugepages=16384\b/);
    for (const guest of ['one', 'two'])
      expect(text(root, `etc/libvirt/hooks/qemu.d/vfio-pilot-70-isolation-${guest}`)).toContain(
        `own_cpus='${pins(root, guest)
          .map(Number)
          .sort((a, b) => a - b)
          .join(' ')}'`,
      );
    await expectNothingToDo(two, root);

    const rollback = await runCli(['rollback', '--root', root, '--yes']);
    expect(rollback.exitCode, rollback.stderr).toBe(0);
    expect(differences(alone, treeState(root))).toEqual({});
    await expectNothingToDo(one, root);
  });
});
