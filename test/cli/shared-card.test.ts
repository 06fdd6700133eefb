import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {runCli} from '../support/run-cli.ts';
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

const one = profile('one', 0);
const two = profile('two', 3);
const script = (root: string, guest: string): string =>
  readFileSync(join(root, `usr/local/lib/vfio-pilot/virtual-functions-${guest}`), 'utf8');
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
