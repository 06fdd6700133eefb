// Faults made by tool: Stryker changes the sources one place at a time, and the tests of the same folder have to notice.
// A file takes minutes, so this runs at night, on some files that differ from night to night.
// Usage: npm run test:faults [-- FILE…]; VFIO_PILOT_SEED=N chooses the files of that seed, VFIO_PILOT_FILES=N so many.
// Stryker is no dependency of the project: it would bring 138 packages to everybody for one nightly run.
import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

const version = '9.6.1';
/** Sources, and the tests that have to notice: all that reach a place would be nearly all tests. */
const areas = [
  {sources: 'src/plan', tests: ['test/plan/**/*.test.ts']},
  {sources: 'src/changes', tests: ['test/changes/**/*.test.ts', 'test/artifacts/**/*.test.ts']},
  {sources: 'src/formats', tests: ['test/formats/**/*.test.ts', 'test/boot/command-line/**/*.test.ts']},
  {sources: 'src/boot/grub', tests: ['test/boot/grub/**/*.test.ts']},
  {sources: 'src/devices', tests: ['test/devices/**/*.test.ts', 'test/field/**/*.test.ts']},
];
/** Percent of the faults that tests reach; fewer noticed is a failure. */
const least = 60;

const seed = Number(process.env.VFIO_PILOT_SEED ?? Math.trunc(Math.random() * 2 ** 31));
const perNight = Number(process.env.VFIO_PILOT_FILES ?? 12);
const tracked = execFileSync('git', ['ls-files', '-z'], {encoding: 'utf8'}).split('\0').filter(Boolean);
const areaOf = (file) => areas.find(({sources}) => file.startsWith(`${sources}/`));

/** By a digest of seed and name, so that a seed means the same files again. */
const chooseFiles = () => {
  const all = tracked.filter((file) => file.endsWith('.ts') && areaOf(file) !== undefined);
  const rank = (file) => createHash('sha256').update(`${seed} ${file}`).digest('hex');
  return all.toSorted((one, other) => rank(one).localeCompare(rank(other))).slice(0, perNight);
};

const wanted = process.argv.slice(2);
const chosen = wanted.length > 0 ? wanted : chooseFiles();
const strangers = chosen.filter((file) => areaOf(file) === undefined || !tracked.includes(file));
if (strangers.length > 0) {
  console.error(`${strangers.join(', ')}: no file of ${areas.map(({sources}) => sources).join(', ')}.`);
  process.exit(2);
}
if (wanted.length === 0) console.log(`VFIO_PILOT_SEED=${seed}`);
const copy = mkdtempSync(join(tmpdir(), 'vfio-pilot-faults-'));
const run = (program, args) => {
  const {status} = spawnSync(program, args, {cwd: copy, stdio: 'inherit'});
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}`);
};

const settings = {
  testRunner: 'vitest',
  vitest: {configFile: 'test/faults/vitest.config.ts', related: false},
  // Only the tests that reach a place are run for it.
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // Words that a person reads are held by other tests.
  mutator: {excludedMutations: ['StringLiteral']},
  concurrency: 2,
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 60,
  // Stryker 9 reads it with a function that TypeScript 7 does not have; the tests need none.
  tsconfigFile: 'no-tsconfig.json',
  reporters: ['json'],
  jsonReporter: {fileName: 'faults.json'},
};

try {
  for (const file of tracked) {
    mkdirSync(join(copy, dirname(file)), {recursive: true});
    cpSync(file, join(copy, file));
  }
  const stryker = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${version}`);
  run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...stryker]);
  const files = {};
  for (const {sources, tests} of areas) {
    const mutate = chosen.filter((file) => areaOf(file)?.sources === sources);
    if (mutate.length === 0) continue;
    process.env.VFIO_PILOT_FAULT_TESTS = tests.join(' ');
    writeFileSync(join(copy, 'stryker.json'), JSON.stringify({...settings, mutate}));
    run('npx', ['stryker', 'run', 'stryker.json']);
    Object.assign(files, JSON.parse(readFileSync(join(copy, 'faults.json'), 'utf8')).files);
  }
  process.exitCode = report({files}) >= least ? 0 : 1;
} finally {
  rmSync(copy, {recursive: true, force: true});
}

/** Prints what was not noticed, then a row for each folder; returns the percentage of all. */
function report({files}) {
  const folders = new Map();
  for (const [file, {mutants}] of Object.entries(files)) {
    const folder = folders.get(dirname(file)) ?? {noticed: 0, missed: 0, unreached: 0};
    folders.set(dirname(file), folder);
    for (const {status, location, mutatorName, replacement} of mutants) {
      if (['Killed', 'Timeout'].includes(status)) folder.noticed += 1;
      else if (status === 'NoCoverage') folder.unreached += 1;
      else if (status === 'Survived') {
        folder.missed += 1;
        const {line, column} = location.start;
        console.log(
          `${file}:${line}:${column}: ${mutatorName}: ${String(replacement).replaceAll(/\s+/g, ' ').slice(0, 80)}`,
        );
      }
    }
  }
  console.log(`\n${'noticed'.padStart(8)}${'missed'.padStart(8)}${'unreached'.padStart(11)}`);
  const all = {noticed: 0, missed: 0, unreached: 0};
  const row = (name, {noticed, missed, unreached}) =>
    console.log(
      `${String(noticed).padStart(8)}${String(missed).padStart(8)}${String(unreached).padStart(11)}  ${name}`,
    );
  for (const [name, folder] of [...folders].sort()) {
    row(name, folder);
    for (const key of Object.keys(all)) all[key] += folder[key];
  }
  row('all', all);
  const percent = (100 * all.noticed) / Math.max(1, all.noticed + all.missed);
  console.log(`${percent.toFixed(1)} % of those that tests reach were noticed; at least ${least} % must be.`);
  return percent;
}
