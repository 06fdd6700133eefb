import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** Runs all tests and the deep campaigns, and prints the table of the figures that they measure. */
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-figures-'));
const file = join(directory, 'figures');
writeFileSync(file, '');
const run = (program, ...args) =>
  spawnSync(program, args, {stdio: 'inherit', env: {...process.env, VFIO_PILOT_FIGURES: file}}).status ?? 1;
const states = [
  run('npx', 'vitest', 'run'),
  run('npx', 'vitest', 'run', '--config', 'vitest.deep.config.ts'),
  run(process.execPath, join(import.meta.dirname, 'print.js'), file),
];
rmSync(directory, {recursive: true});
process.exitCode = states.every((state) => state === 0) ? 0 : 1;
