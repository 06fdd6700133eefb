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
const isBuilt = spawnSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'short-writes.c'), '-ldl']).status === 0;
afterAll(() => rmSync(directory, {recursive: true}));

describe.skipIf(!isBuilt)('a write that takes only a part (needs a C compiler)', {timeout: 120_000}, () => {
  it('of 1 byte, of 7, or of all but one, ends in whole files', async () => {
    const tree = await createCrashTree();
    const args = ['--root', tree.root, '--yes'];
    const outcomes: string[] = [];
    for (const limit of ['1', '7', '-1']) {
      const env = {LD_PRELOAD: library, SHORT_WRITE: limit};
      const result = await runCli(['apply', profile, ...args], {env});
      const after = stateOf(tree);
      const undone = await runCli(['rollback', ...args], {env});
      outcomes.push(`${result.exitCode} ${after} ${undone.exitCode} ${stateOf(tree)}`);
      await makeOld(tree);
    }
    expect(outcomes).toEqual(['0 applied 0 old', '0 applied 0 old', '0 applied 0 old']);
    figure('B3', '3/3 whole', `${outcomes.filter((outcome) => outcome === '0 applied 0 old').length}/3 whole`);
  });
});
