import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {runCli} from '../support/run-cli.ts';
import {createCrashTree, makeOld, profile, stateOf} from './crash-tree.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-short-'));
const library = join(directory, 'short-writes.so');
const isBuilt =
  spawnSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'short-writes.c'), '-ldl']).status ===
  0;
/** Not LD_PRELOAD: with it the program refuses to run as root. */
const loader = '/lib64/ld-linux-x86-64.so.2';
const isLoaded = isBuilt && spawnSync(loader, ['--preload', library, process.execPath, '--version']).status === 0;
afterAll(() => rmSync(directory, {recursive: true}));

describe.skipIf(!isLoaded)('a write that takes only a part (needs a C compiler and glibc on x86-64)', () => {
  it('of 1 byte, of 7, or of all but one, ends in whole files', async () => {
    const tree = await createCrashTree();
    const args = ['--root', tree.root, '--yes'];
    const outcomes: string[] = [];
    for (const limit of ['1', '7', '-1']) {
      const settings = {env: {SHORT_WRITE: limit}, prefix: [loader, '--preload', library]};
      const result = await runCli(['apply', profile, ...args], settings);
      const after = stateOf(tree);
      const undone = await runCli(['rollback', ...args], settings);
      outcomes.push(`${result.exitCode} ${after} ${undone.exitCode} ${stateOf(tree)}`);
      await makeOld(tree);
    }
    figure('B3', '3/3 whole', `${outcomes.filter((outcome) => outcome === '0 applied 0 old').length}/3 whole`);
    expect(outcomes).toEqual(['0 applied 0 old', '0 applied 0 old', '0 applied 0 old']);
  });
});
