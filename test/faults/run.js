// Faults made by tool: Stryker changes the sources one place at a time, and the tests of functions have to notice. It takes
// hours, so it runs at night. Usage: npm run test:faults [-- FILE_OR_GLOB…]
// Stryker is no dependency of the project: it would bring 138 packages to everybody for one nightly run.
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

const version = '9.6.1';
const usual = ['src/plan/**/*.ts', 'src/artifacts/**/*.ts', 'src/formats/**/*.ts', 'src/boot/grub/**/*.ts'];
/** Percent of the faults that tests reach; fewer noticed is a failure. */
const least = 60;

const wanted = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'vfio-pilot-faults-'));
const run = (program, args) => {
  const {status} = spawnSync(program, args, {cwd: copy, stdio: 'inherit'});
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}`);
};

try {
  for (const file of execFileSync('git', ['ls-files', '-z'], {encoding: 'utf8'}).split('\0').filter(Boolean)) {
    mkdirSync(join(copy, dirname(file)), {recursive: true});
    cpSync(file, join(copy, file));
  }
  const stryker = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${version}`);
  run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...stryker]);
  writeFileSync(
    join(copy, 'stryker.json'),
    JSON.stringify({
      mutate: wanted.length > 0 ? wanted : usual,
      testRunner: 'vitest',
      vitest: {configFile: 'test/faults/vitest.config.ts'},
      // Only the tests that reach a place are run for it.
      coverageAnalysis: 'perTest',
      ignoreStatic: true,
      // Words that a person reads are held by other tests, and each is a fault of its own here.
      mutator: {excludedMutations: ['StringLiteral']},
      concurrency: 2,
      timeoutMS: 60_000,
      // All tests of functions once, by one worker.
      dryRunTimeoutMinutes: 180,
      // Stryker 9 reads it with a function that TypeScript 7 does not have; the tests need none.
      tsconfigFile: 'no-tsconfig.json',
      reporters: ['json'],
      jsonReporter: {fileName: 'faults.json'},
      allowEmpty: false,
    }),
  );
  run('npx', ['stryker', 'run', 'stryker.json']);
  process.exitCode = report(JSON.parse(readFileSync(join(copy, 'faults.json'), 'utf8'))) >= least ? 0 : 1;
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
