import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isNightly} from '../crash/sizes.ts';
import {figure} from '../figures/figure.ts';
import {scratchDirectory} from '../transaction/scratch-root.ts';
import {type Mutant, mutants} from './mutants.ts';

const repository = resolve(import.meta.dirname, '../..');
const sourceOf = (root: string, {file}: Mutant): string => readFileSync(join(root, 'src', file), 'utf8');

const testOf = (killer: string): {readonly file: string; readonly title: string} => {
  const [name = '', title = ''] = killer.split('#');
  return {file: join('test', `${name}.test.ts`), title};
};

describe('the faults that are made by hand', () => {
  it('are at least 40, each at one place that is there, each with tests that are there', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(40);
    expect(mutants.filter((mutant) => sourceOf(repository, mutant).split(mutant.from).length !== 2).map(({name}) => name)).toEqual([]);
    expect(mutants.flatMap(({killers}) => killers.filter((killer) => !existsSync(join(repository, testOf(killer).file))))).toEqual([]);
  });
});

/** A copy of the project in which sources are changed. */
const createCopy = (): string => {
  const copy = mkdtempSync(join(scratchDirectory(), 'vfio-pilot-mutants-'));
  for (const name of ['src', 'test', 'bin', 'profiles', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'build.js', 'README.md', 'CHANGELOG.md', 'LICENSE']) cpSync(join(repository, name), join(copy, name), {recursive: true});
  symlinkSync(realpathSync(join(repository, 'node_modules')), join(copy, 'node_modules'));
  return copy;
};

/** How many tests failed; `null` when none could be run, which proves nothing. */
const failedTests = (copy: string, killer: string): number | null => {
  const {file, title} = testOf(killer);
  const env = {...process.env, VFIO_PILOT_STATES: '3000', VFIO_PILOT_FIGURES: undefined, VFIO_PILOT_NIGHTLY: undefined, VFIO_PILOT_SHARED: join(copy, 'nowhere'), NO_COLOR: '1'};
  const {stdout} = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--bail', '1', '--maxWorkers', '1', file, ...(title === '' ? [] : ['-t', title])], {cwd: copy, encoding: 'utf8', env, timeout: 600_000});
  const summary = /^ *Tests +(.*)$/mu.exec(stdout)?.[1];
  return summary === undefined ? null : Number(/(\d+) failed/u.exec(summary)?.[1] ?? 0);
};

describe.skipIf(!isNightly)('each of them (npm run test:nightly)', {timeout: 7_200_000}, () => {
  it('is noticed by the tests that are named for it', () => {
    const copy = createCopy();
    try {
      expect(spawnSync(process.execPath, ['build.js'], {cwd: copy}).status).toBe(0);
      const killers = [...new Set(mutants.flatMap((mutant) => mutant.killers))];
      expect(killers.map((killer) => [killer, failedTests(copy, killer)]), 'without a fault').toEqual(killers.map((killer) => [killer, 0]));
      const survivors = mutants.filter((mutant) => !isKilled(copy, mutant)).map(({name}) => name);
      figure('N', `${mutants.length}/${mutants.length} killed`, `${mutants.length - survivors.length}/${mutants.length} killed`);
      expect(survivors).toEqual([]);
    } finally {
      rmSync(copy, {recursive: true});
    }
  });
});

const isKilled = (copy: string, mutant: Mutant): boolean => {
  const file = join(copy, 'src', mutant.file);
  const source = sourceOf(copy, mutant);
  writeFileSync(file, source.replace(mutant.from, () => mutant.to));
  const isNoticed = mutant.killers.some((killer) => (failedTests(copy, killer) ?? 0) > 0);
  writeFileSync(file, source);
  process.stderr.write(`${isNoticed ? 'killed' : 'SURVIVED'}: ${mutant.name}\n`);
  return isNoticed;
};
