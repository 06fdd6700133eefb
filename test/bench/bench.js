// Ratios from one run on one machine: absolute times say more about the machine than about the program.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {build} from 'esbuild';

const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-bench-'));
const cli = 'bin/vfio-pilot.js';

const load = async (file) => {
  const outfile = join(scratch, `${file.replaceAll('/', '_')}.mjs`);
  await build({entryPoints: [file], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error'});
  return import(outfile);
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Wall time of a command in milliseconds, median over the rounds; `accepted` are the exit codes that mean it worked. */
const time = (argv, accepted = [0], count = rounds) =>
  median(
    Array.from({length: count}, () => {
      const start = performance.now();
      const result = spawnSync(argv[0], argv.slice(1), {stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28});
      const spent = performance.now() - start;
      if (!accepted.includes(result.status)) throw new Error(`${argv.join(' ')} exited ${result.status}: ${result.stderr}`);
      return spent;
    }),
  );

/** Time until the wizard's first frame is on a real pseudo-terminal (script(1) makes it). */
const firstFrame = (root) =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn('script', ['-qfec', `stty rows 24 cols 80; exec node ${cli} --root ${root}`, '/dev/null'], {stdio: ['pipe', 'pipe', 'inherit'], detached: true});
    let seen = '';
    const limit = setTimeout(() => reject(new Error(`no frame within 20 s: ${seen}`)), 20_000);
    child.stdout.on('data', (chunk) => {
      seen += chunk;
      if (!seen.includes('step 1 of')) return;
      clearTimeout(limit);
      const spent = performance.now() - start;
      child.removeAllListeners();
      child.stdout.removeAllListeners();
      child.once('exit', () => resolve(spent));
      process.kill(-child.pid, 'SIGKILL');
    });
  });

/** Peak resident memory in MiB, read from the child's own /proc entry until it is gone. */
const peakMiB = (argv) =>
  new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {stdio: ['ignore', 'ignore', 'inherit']});
    let peak = 0;
    const poll = setInterval(() => {
      try {
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
      } catch {
        // It has just ended.
      }
    }, 2);
    child.once('exit', () => {
      clearInterval(poll);
      resolve(peak / 1024);
    });
  });

const rows = [];
const report = (what, measured, target, isMet) => {
  rows.push(isMet);
  console.log(`${isMet ? 'met   ' : 'MISSED'}  ${what.padEnd(62)} ${measured.padStart(18)}   target ${target}`);
};

/** Each measurement has a `node -e 0` of its own beside it: clock speed and neighbours change within a run. */
const ratio = async (what, target, measure, count = rounds) => {
  const pairs = [];
  for (let round = 0; round < count; round += 1) {
    const base = time(['node', '-e', '0'], [0], 1);
    pairs.push({base, milliseconds: await measure()});
  }
  const value = median(pairs.map(({base, milliseconds}) => milliseconds / base));
  report(what, `${value.toFixed(2)} (${median(pairs.map((pair) => pair.milliseconds)).toFixed(0)} ms)`, `at most ${target}`, value <= target);
};

const unpack = async (name) => {
  const {parseTree} = await load('src/system/tree-file.ts');
  const {unpackTree} = await load('src/system/unpack-tree.ts');
  const directory = join(scratch, name);
  const {mkdirSync} = await import('node:fs');
  mkdirSync(directory);
  unpackTree(parseTree(readFileSync(`test/hosts/${name}.tree`, 'utf8')), directory);
  return directory;
};

try {
  const r710 = await unpack('dell-r710-gtx1050');
  const base = time(['node', '-e', '0']);
  console.log(`node -e 0: ${base.toFixed(0)} ms (median of ${rounds}), Node ${process.version}\n`);
  await ratio('--version / node -e 0', 1.5, () => time(['node', cli, '--version'], [0], 1));
  await ratio('plan on the R710 tree / node -e 0', 3, () => time(['node', cli, 'plan', 'profiles/dell-r710-gtx1050.yaml', '--root', r710], [0], 1));
  await ratio("the wizard's first frame / node -e 0", 5, () => firstFrame(r710));

  if (existsSync('/usr/bin/lspci')) {
    const loop = join(scratch, 'loop.sh');
    writeFileSync(
      loop,
      `shopt -s nullglob\nfor d in ${r710}/sys/kernel/iommu_groups/*/devices/*; do\n  n=\${d#*/iommu_groups/*}; n=\${n%%/*}\n  printf 'IOMMU Group %s ' "$n"\n  lspci -O sysfs.path=${r710}/sys/bus/pci -nns "\${d##*/}"\ndone\n`,
    );
    const shell = time(['bash', loop], [0, 1], 5);
    const listed = time(['node', cli, 'groups', '--root', r710], [0], 5);
    report(`groups / the shell loop with lspci (${shell.toFixed(0)} ms)`, `${(listed / shell).toFixed(2)} (${listed.toFixed(0)} ms)`, 'below 1', listed < shell);
  } else console.log('skipped groups against the shell loop: lspci is not installed');

  const {planPassthrough} = await load('src/plan/plan-passthrough.ts');
  const {sampleFacts} = await load('test/support/sample-facts.ts');
  const {sampleProfile} = await load('test/support/sample-profile.ts');
  const bigFacts = sampleFacts({nodes: 8, coresPerNode: 32, threads: 2, coresPerL3: 8, numbering: 'blocks', memoryKiBPerNode: 131_072_000});
  const planned = [8, 64, 63, 128, 400].map((vcpus) => {
    const profile = sampleProfile({cpu: {vcpus}, memory: {sizeMiB: 65_536}});
    const runs = Array.from({length: rounds}, () => {
      const start = performance.now();
      planPassthrough(bigFacts, profile);
      return performance.now() - start;
    });
    return {first: runs[0], usual: median(runs)};
  });
  const first = planned[0].first;
  const slowest = Math.max(...planned.map(({usual}) => usual));
  report('planning 512 CPUs and 8 nodes in the process: the very first', `${first.toFixed(1)} ms`, 'at most 50 ms', first <= 50);
  report('planning 512 CPUs and 8 nodes in the process: slowest guest', `${slowest.toFixed(1)} ms`, 'at most 50 ms', slowest <= 50);

  const {makeBigHost} = await load('test/support/make-big-host.ts');
  const big = join(scratch, 'big');
  makeBigHost(big, {cpus: 512, nodes: 8, functions: 4096});
  const facts = ['node', cli, 'facts', '--json', '--root', big];
  const spent = time(facts, [0], 5);
  report('facts of 512 CPUs, 8 nodes, 4,096 functions: time', `${spent.toFixed(0)} ms`, 'at most 1500 ms', spent <= 1500);
  const peak = await peakMiB(facts);
  report('facts of 512 CPUs, 8 nodes, 4,096 functions: memory', `${peak.toFixed(0)} MiB`, 'at most 200 MiB', peak <= 200);
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
process.exitCode = rows.every(Boolean) ? 0 : 1;
