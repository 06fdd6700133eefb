import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';

/** Runs every test that measures a figure, or those whose path holds one of the arguments, and prints the table. */
const wanted = process.argv.slice(2);
const sources = readdirSync('test', {recursive: true, encoding: 'utf8'})
  .map((path) => join('test', path))
  .filter((path) => /\.tsx?$/.test(path));
const isTest = (path) => /\.test\.tsx?$/.test(path);
const importing = (names) => sources.filter((path) => names.some((name) => readFileSync(path, 'utf8').includes(`/${name}';`)));
const measuring = importing(['figures/figure.ts']);
/** Some measure through a helper of theirs. */
const tests = [...new Set([...measuring, ...importing(measuring.filter((path) => !isTest(path)).map((path) => basename(path)))])]
  .filter(isTest)
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)));
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-figures-'));
const file = join(directory, 'figures');
writeFileSync(file, '');
const {status} = spawnSync('npx', ['vitest', 'run', ...tests], {stdio: 'inherit', env: {...process.env, VFIO_PILOT_FIGURES: file}});
spawnSync(process.execPath, [join(import.meta.dirname, 'print.js'), file], {stdio: 'inherit'});
rmSync(directory, {recursive: true});
process.exitCode = status ?? 1;
