// `node test/bench/key-to-frame.js`: a key must answer within 50 ms, also on a host of 512 CPUs and 4,096 functions.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {withoutDevtools} from '../../bundle.js';

const target = 50;
const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-bench-'));
const outfile = join(scratch, 'key-to-frame.mjs');
await build({
  entryPoints: [join(import.meta.dirname, 'key-to-frame.ts')],
  outfile,
  bundle: true,
  loader: {'.sh': 'text'},
  format: 'esm',
  platform: 'node',
  jsx: 'automatic',
  // As the program itself is built.
  define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
  plugins: [withoutDevtools],
  logLevel: 'error',
  banner: {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"},
});
const {measureKeys} = await import(outfile);
rmSync(scratch, {recursive: true});

let isMet = true;
for (const {step, key, cpuMs, drawnMs} of await measureKeys()) {
  const isQuick = drawnMs <= target;
  isMet &&= isQuick;
  const verdict = isQuick ? 'met   ' : 'MISSED';
  console.log(
    `${verdict}  ${step.padEnd(8)} ${key.padEnd(10)} ${drawnMs.toFixed(1).padStart(7)} ms CPU, without Ink ${cpuMs.toFixed(1).padStart(6)} ms   target ${target}`,
  );
}
process.exitCode = isMet ? 0 : 1;
