import {spawnSync} from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {deepOrNight, sample} from '../support/sizes.ts';
import {replaceCode} from './find-code.ts';
import {type Mutant, mutants, testOf} from './mutants.ts';

const repository = resolve(import.meta.dirname, '../..');

/** What a copy is made without: it is made anew, or of no use to it. */
const leftOut = ['.git', 'node_modules', 'dist', 'release', 'packaging', 'docs'];

/** A copy of the project in which sources are changed. */
const createCopy = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'vfio-pilot-mutants-'));
  for (const name of readdirSync(repository).filter((one) => !leftOut.includes(one)))
    cpSync(join(repository, name), join(copy, name), {recursive: true});
  symlinkSync(realpathSync(join(repository, 'node_modules')), join(copy, 'node_modules'));
  return copy;
};

/** A fault may make a test wait for ever. No sound test takes a tenth of this, also where other work slows it. */
const hangsAfterSeconds = 600;

/** The other tests are in a configuration that leaves these out. */
const isCampaign = (file: string): boolean => file.endsWith('.deep.test.ts');

/** vitest in the copy; `null` where it hangs. timeout(1) ends the workers too. */
const runTests = (
  copy: string,
  args: readonly string[],
  size: 'deep' | undefined,
): {readonly stdout: string} | null => {
  const env = {
    ...process.env,
    VFIO_PILOT_STATES: '3000',
    VFIO_PILOT_STRIDE: size === 'deep' ? '1' : undefined,
    VFIO_PILOT_FIGURES: undefined,
    VFIO_PILOT_SIZE: size,
    VFIO_PILOT_COUNTS: undefined,
    VFIO_PILOT_SCRATCH: undefined,
    VFIO_PILOT_STRICT: undefined,
    VFIO_PILOT_SHARED: join(copy, 'nowhere'),
    NO_COLOR: '1',
  };
  const config = args.some(isCampaign) ? 'vitest.deep.config.ts' : 'vitest.config.ts';
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--config', config, '--maxWorkers', '1'];
  const {stdout, status} = spawnSync('timeout', ['--kill-after=10', String(hangsAfterSeconds), ...vitest, ...args], {
    cwd: copy,
    encoding: 'utf8',
    env,
  });
  return status === 124 || status === 137 ? null : {stdout};
};

/** How many tests failed, or that they hang; `null` when none could be run, which proves nothing. */
const failedTests = (copy: string, killer: string): number | 'hangs' | null => {
  const {file, title} = testOf(killer);
  const result = runTests(copy, ['--bail', '1', file, ...(title === '' ? [] : ['-t', title])], 'deep');
  if (result === null) return 'hangs';
  const summary = /^ *Tests +(.*)$/mu.exec(result.stdout)?.[1];
  return summary === undefined ? null : Number(/(\d+) failed/u.exec(summary)?.[1] ?? 0);
};

type Report = {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {readonly fullName: string; readonly status: string}[];
  }[];
};

/** The killers of which no test passes, or one fails, where there is no fault. */
const unsoundKillers = (copy: string, killers: readonly string[]): readonly string[] =>
  [true, false].flatMap((wanted) =>
    unsoundAmong(
      copy,
      killers.filter((killer) => isCampaign(testOf(killer).file) === wanted),
    ),
  );

/** All in one run. */
const unsoundAmong = (copy: string, killers: readonly string[]): readonly string[] => {
  if (killers.length === 0) return [];
  const report = join(copy, 'report.json');
  const titles = killers.map((killer) => testOf(killer).title);
  const files = [...new Set(killers.map((killer) => testOf(killer).file))];
  // In the small size: that they can run in the copy is what is asked.
  runTests(
    copy,
    ['--reporter', 'json', '--outputFile', report, ...files, ...(titles.includes('') ? [] : ['-t', titles.join('|')])],
    undefined,
  );
  const {testResults} = JSON.parse(readFileSync(report, 'utf8')) as Report;
  return killers.filter((killer) => {
    const {file, title} = testOf(killer);
    const statuses = testResults
      .filter(({name}) => name === join(copy, file))
      .flatMap(({assertionResults}) => assertionResults)
      .filter(({fullName}) => new RegExp(title, 'u').test(fullName))
      .map(({status}) => status);
    return !statuses.includes('passed') || statuses.includes('failed');
  });
};

const seed = chooseSeed();
/** A run of vitest for each: all of them at night, and others each day. */
const chosen = sample(mutants, deepOrNight(8, Number.POSITIVE_INFINITY), randomOf(seed));

describe(`a fault that is made by hand (VFIO_PILOT_SEED=${seed})`, () => {
  const noticed = new Set<string>();
  let copy: string;
  beforeAll(() => {
    copy = createCopy();
  });
  afterAll(() => rmSync(copy, {recursive: true}));

  it('is not there when the tests that are named for the faults pass', () => {
    expect(spawnSync(process.execPath, ['build.js'], {cwd: copy}).status).toBe(0);
    const killers = [...new Set(chosen.flatMap((mutant) => mutant.killers))];
    const [whole, titled] = [true, false].map((isWhole) =>
      killers.filter((killer) => (testOf(killer).title === '') === isWhole),
    ) as [string[], string[]];
    expect([...unsoundKillers(copy, whole), ...unsoundKillers(copy, titled)]).toEqual([]);
  });

  it.each(mutants)('has its place once in the source: $name', ({file, from, to}) => {
    expect(replaceCode(readFileSync(join(repository, 'src', file), 'utf8'), from, to)).not.toBeNull();
  });

  it.each(chosen)('is noticed by the tests that are named for it: $name', (mutant) => {
    if (isNoticed(copy, mutant)) noticed.add(mutant.name);
    expect(noticed).toContain(mutant.name);
  });

  it('is never one that no test notices', () => {
    figure('N', `${chosen.length}/${chosen.length} killed`, `${noticed.size}/${chosen.length} killed`);
    expect(noticed.size).toBe(chosen.length);
  });
});

const isNoticed = (copy: string, mutant: Mutant): boolean => {
  const file = join(copy, 'src', mutant.file);
  const source = readFileSync(file, 'utf8');
  const faulty = replaceCode(source, mutant.from, mutant.to);
  if (faulty === null) throw new Error(`${mutant.file} does not hold the place of "${mutant.name}" once.`);
  writeFileSync(file, faulty);
  const isOneFailing = mutant.killers.some((killer) => {
    const failed = failedTests(copy, killer);
    return failed === 'hangs' || (failed ?? 0) > 0;
  });
  writeFileSync(file, source);
  return isOneFailing;
};
