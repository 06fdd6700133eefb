// Ratios from one run on one machine: absolute times say more about the machine than about the program. Programs are
// measured in CPU seconds, user and system, of the child and of what it started: a wall clock says how busy the
// machine is.
import {spawn, spawnSync} from 'node:child_process';
import {closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import {cpus, loadavg, tmpdir} from 'node:os';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {parseArgs} from 'node:util';
import {build} from 'esbuild';
import {withoutDevtools} from '../../bundle.js';
import {writeFigures} from './write-figures.js';

const {values: asked} = parseArgs({options: {write: {type: 'boolean', default: false}}});
const [busy] = loadavg();
if (asked.write && busy > 1) {
  console.error(
    `The load of this machine is ${busy.toFixed(1)}. What is written down is measured on one without other work: below 1.`,
  );
  process.exit(2);
}

const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-bench-'));
const cli = 'bin/vfio-pilot.js';

const load = async (file) => {
  const outfile = join(scratch, `${file.replaceAll('/', '_')}.mjs`);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    loader: {'.sh': 'text'},
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
    plugins: [withoutDevtools],
    logLevel: 'error',
    // yaml has parts that are no modules.
    banner: {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"},
  });
  return import(outfile);
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** CPU milliseconds of a command; `accepted` are the exit codes that mean it worked. */
const cpuOf = (argv, accepted = [0]) => {
  const script = '"$@" >/dev/null; code=$?; times; exit $code';
  const result = spawnSync('bash', ['-c', script, 'bash', ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!accepted.includes(result.status)) throw new Error(`${argv.join(' ')} exited ${result.status}: ${result.stderr}`);
  // The second line of `times` is that of the children: 0m0.071s 0m0.012s.
  const [user, system] = [...(result.stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => 60_000 * Number(minutes) + 1000 * Number(seconds),
  );
  return user + system;
};

const cpu = (argv, accepted = [0], count = rounds) => median(Array.from({length: count}, () => cpuOf(argv, accepted)));

const wallOf = (argv) => {
  const start = performance.now();
  spawnSync(argv[0], argv.slice(1), {stdio: 'ignore'});
  return performance.now() - start;
};

/** Time until the wizard has drawn `wanted` on a real pseudo-terminal (script(1) makes it). */
const timeToText = (root, wanted) =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn('script', ['-qfec', `stty rows 24 cols 80; exec node ${cli} --root ${root}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    let seen = '';
    const limit = setTimeout(() => reject(new Error(`no frame within 20 s: ${seen}`)), 20_000);
    child.stdout.on('data', (chunk) => {
      seen += chunk;
      if (!seen.includes(wanted)) return;
      clearTimeout(limit);
      const spent = performance.now() - start;
      child.removeAllListeners();
      child.stdout.removeAllListeners();
      child.once('exit', () => resolve(spent));
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
  });

/** Peak resident memory in MiB, read from the child's own /proc entry until it is gone. */
const peakMiB = (argv) =>
  new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {stdio: ['ignore', 'ignore', 'inherit']});
    let peak = 0;
    const poll = setInterval(() => {
      try {
        peak = Math.max(
          peak,
          Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0),
        );
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
  rows.push({what, measured, target, isMet});
  console.log(`${isMet ? 'met   ' : 'MISSED'}  ${what.padEnd(62)} ${measured.padStart(18)}   target ${target}`);
};

/** The loop that guides give for the groups, for a host whose files are elsewhere. */
const seedsLoop = (root) => [
  'sh',
  '-c',
  'for d in "$0"/sys/kernel/iommu_groups/*/devices/*; do n=${d#*/iommu_groups/}; printf "IOMMU Group %s " "${n%%/*}"; lspci -O "sysfs.path=$0/sys/bus/pci" -nns "${d##*/}"; done',
  root,
];

/** Both by turns, so that what else the machine does meets both. A target of `null` is none. */
const ratio = (what, target, argv, [against, other], {accepted = [0], count = rounds} = {}) => {
  const pairs = Array.from({length: count}, () => ({own: cpuOf(argv, accepted), base: cpuOf(other)}));
  const own = median(pairs.map((pair) => pair.own));
  const base = median(pairs.map((pair) => pair.base));
  report(
    `${what}: CPU / ${against}`,
    `${(own / base).toFixed(2)} (${own.toFixed(0)} / ${base.toFixed(0)} ms)`,
    target === null ? 'none' : `at most ${target}`,
    target === null || own <= target * base,
  );
};

/** The program as one file, made in a fresh folder. */
const buildSingleFile = () => {
  const {status, stdout, stderr} = spawnSync('node', ['packaging/run.js', join(scratch, 'single')], {encoding: 'utf8'});
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').at(-1);
};

const unpack = async (name) => {
  const {parseTree, unpackTree} = await load('src/system/tree-file.ts');
  const directory = join(scratch, name);
  mkdirSync(directory);
  unpackTree(parseTree(readFileSync(`test/hosts/${name}.tree`, 'utf8')), directory);
  return directory;
};

try {
  const r710 = await unpack('dell-r710-gtx1050');
  const nothing = ['node -e 0', ['node', '-e', '0']];
  console.log(`Node ${process.version}, medians of ${rounds}\n`);
  ratio('--version', 1.2, ['node', cli, '--version'], nothing);
  ratio('check on the R710 tree', 1.6, ['node', cli, 'check', '--root', r710], nothing, {accepted: [0, 10]});
  ratio('plan on the R710 tree', 2, ['node', cli, 'plan', 'profiles/dell-r710-gtx1050.yaml', '--root', r710], nothing);
  ratio('plan on the demo', 2, ['node', cli, 'plan', 'profiles/ryzen-two-cards.yaml', '--demo'], nothing);
  const executable = buildSingleFile();
  ratio('--version of the one executable', null, [executable, '--version'], nothing);
  ratio('check on the R710 tree, one executable', null, [executable, 'check', '--root', r710], nothing, {
    accepted: [0, 10],
  });
  const frames = [];
  const screens = [];
  for (let round = 0; round < 5; round += 1) {
    frames.push(await timeToText(r710, 'Reading this machine'));
    screens.push(await timeToText(r710, 'Nothing is set up'));
  }
  const start = median(Array.from({length: 5}, () => wallOf(['node', '-e', '0'])));
  report(
    "the wizard's first frame / node -e 0, by the clock",
    `${(median(frames) / start).toFixed(2)} (${median(frames).toFixed(0)} ms)`,
    'at most 3.5',
    median(frames) <= 3.5 * start,
  );
  report(
    'its first screen with what was read / node -e 0, by the clock',
    `${(median(screens) / start).toFixed(2)} (${median(screens).toFixed(0)} ms)`,
    'none',
    true,
  );

  const {planPassthrough} = await load('src/pipeline/plan-passthrough.ts');
  const {sampleFacts} = await load('test/support/sample-facts.ts');
  const {sampleProfile} = await load('test/support/sample-profile.ts');
  const bigFacts = sampleFacts({
    nodes: 8,
    coresPerNode: 32,
    threads: 2,
    coresPerL3: 8,
    numbering: 'blocks',
    memoryKiBPerNode: 131_072_000,
  });
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
  report(
    'planning 512 CPUs and 8 nodes in the process: the very first',
    `${first.toFixed(1)} ms`,
    'at most 50 ms',
    first <= 50,
  );
  report(
    'planning 512 CPUs and 8 nodes in the process: slowest guest',
    `${slowest.toFixed(1)} ms`,
    'at most 50 ms',
    slowest <= 50,
  );

  const {measureKeys} = await load('test/bench/key-to-frame.ts');
  const pressed = await measureKeys();
  const worst = pressed.reduce((most, one) => (one.drawnMs > most.drawnMs ? one : most));
  report(
    `a key on 512 CPUs and 4,096 functions: worst, ${worst.key} on ${worst.step}`,
    `${worst.drawnMs.toFixed(1)} ms CPU`,
    'at most 50 ms',
    worst.drawnMs <= 50,
  );

  const {makeBigHost} = await load('test/support/make-big-host.ts');
  const big = join(scratch, 'big');
  makeBigHost(big, {cpus: 512, nodes: 8, functions: 4096});
  const lspci = ['lspci', '-nnk', '-O', `sysfs.path=${big}/sys/bus/pci`];
  if (spawnSync('lspci', ['--version']).status === 0)
    ratio('groups of 4,096 functions', 1, ['node', cli, 'groups', '--root', big], ['lspci -nnk', lspci], {count: 5});
  else report('groups of 4,096 functions: CPU / lspci -nnk', 'no lspci', 'at most 1', false);
  const groupsOf = (root) => ['node', cli, 'groups', '--root', root];
  if (spawnSync('lspci', ['--version']).status === 0)
    ratio('groups on the R710 tree', 1, groupsOf(r710), ['the loop over lspci -nns', seedsLoop(r710)], {count: 5});
  else report('groups on the R710 tree: CPU / the loop over lspci -nns', 'no lspci', 'at most 1', false);
  const lstopo = ['lstopo-no-graphics', '--input', big, '--of', 'console'];
  if (spawnSync('lstopo-no-graphics', ['--version']).status === 0)
    ratio('topology of 512 CPUs', null, ['node', cli, 'topology', '--root', big], ['lstopo', lstopo], {count: 5});
  else report('topology of 512 CPUs: CPU / lstopo', 'no lstopo', 'none', true);
  const facts = ['node', cli, 'facts', '--json', '--root', big];
  const spent = cpu(facts, [0], 5);
  report('facts of 512 CPUs, 8 nodes, 4,096 functions: CPU', `${spent.toFixed(0)} ms`, 'at most 800 ms', spent <= 800);
  const peak = await peakMiB(facts);
  report(
    'facts of 512 CPUs, 8 nodes, 4,096 functions: memory',
    `${peak.toFixed(0)} MiB`,
    'at most 150 MiB',
    peak <= 150,
  );

  const {readHost} = await load('src/host/read-host.ts');
  const {openSource} = await load('src/system/source.ts');
  const {factsDocument} = await load('src/facts/shapes/facts-document.ts');
  const {everyday, faults} = await load('test/fleet/planted.ts');
  const host = readHost(openSource(r710, null));
  /** Invented: one host many times, with what differs between equal hosts, and each fault planted in one of them. */
  const fleetOf = (count) => {
    const file = join(scratch, `fleet-${count}.jsonl`);
    const descriptor = openSync(file, 'w');
    for (let number = 0; number < count; number += 1) {
      const usual = everyday(host, number);
      writeSync(descriptor, `${JSON.stringify(factsDocument(faults[number]?.plant(usual) ?? usual))}\n`);
    }
    closeSync(descriptor);
    return ['node', cli, 'fleet', 'report', file, '--fit', 'profiles/dell-r710-gtx1050.yaml'];
  };
  const [few, many] = [fleetOf(100), fleetOf(10_000)];
  const {odd} = JSON.parse(
    spawnSync(many[0], [...many.slice(1), '--json'], {encoding: 'utf8', maxBuffer: 2 ** 26}).stdout,
  );
  report('fleet report of 10,000 hosts: odd ones', `${odd.length}`, `${faults.length}`, odd.length === faults.length);
  report('fleet report of 10,000 hosts: CPU', `${(cpu(many, [0], 1) / 1000).toFixed(1)} s`, 'none', true);
  const [fewPeak, manyPeak] = [await peakMiB(few), await peakMiB(many)];
  report(
    'fleet report: memory of 10,000 hosts / of 100',
    `${(manyPeak / fewPeak).toFixed(2)} (${manyPeak.toFixed(0)} / ${fewPeak.toFixed(0)} MiB)`,
    'at most 2',
    manyPeak <= 2 * fewPeak,
  );
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
if (asked.write)
  writeFigures('docs/performance.md', rows, {
    machine: `${cpus()[0].model.trim()}, ${cpus().length} CPUs, load ${busy.toFixed(1)} at the start`,
    node: process.version,
    rounds,
  });
process.exitCode = rows.every(({isMet}) => isMet) ? 0 : 1;
