import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {constants, tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {openTerminal} from '../support/open-terminal.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {type CliResult, collect, commandLine, runCli, spawnCli} from '../support/run-cli.ts';
import {type CrashTree, createCrashTree, makeOld, profile, stateOf} from './crash-tree.ts';
import {deepOrNight, isNightly} from '../support/sizes.ts';

const seed = chooseSeed();
const random = randomOf(seed);
const runs = deepOrNight(3, 42);
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-signals-'));

let tree: CrashTree;
const applyArgs = (): string[] => ['apply', profile, '--root', tree.root];
beforeAll(async () => {
  tree = await createCrashTree();
});
afterAll(() => rmSync(directory, {recursive: true}));

/** Sends the signals one after the other, the first when so many lines about the writing were told. */
const applyWith = async (signals: readonly NodeJS.Signals[], lines: number): Promise<CliResult> => {
  const child = spawnCli([...applyArgs(), '--yes']);
  child.stdin.end();
  const ended = collect(child);
  let told = 0;
  const reached = new Promise<void>((done) =>
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString().split('\n').length - 1) >= lines && done()),
  );
  await Promise.race([reached, ended]);
  for (const signal of signals) {
    // The instant is what is tested; nothing is waited for.
    await Promise.race([delay(random() * 3), ended]);
    child.kill(signal);
  }
  return ended;
};

/** Old or new, told with the right code, and nothing left for the next start unless it was killed. */
const faultsOf = async (signals: readonly NodeJS.Signals[], phase: number): Promise<readonly string[]> => {
  const {exitCode, signal, stderr} = await applyWith(signals, 1 + phase * 2);
  // Signals sent at once may reach the program in any order.
  const isCode = (code: number | null): boolean => signals.some((name) => code === 128 + constants.signals[name]);
  const isKilled = signals.includes('SIGKILL');
  const next = await runCli(['rollback', '--root', tree.root]);
  const state = stateOf(tree);
  const faults: string[] = [];
  // While Node ends it no longer catches signals: the run is through by then, done or restored, and has said which.
  const isApplied = exitCode === 0 || (signal !== null && !stderr.includes('It was interrupted'));
  if (state === 'between') faults.push('the tree is neither old nor new');
  if (!isKilled && !isApplied && signal === null && !isCode(exitCode)) faults.push(`it ended with ${exitCode}`);
  if (!isKilled && state !== (isApplied ? 'applied' : 'old'))
    faults.push(`it ended with ${exitCode} and the tree is ${state}`);
  if (!isKilled && next.stderr.includes('interrupted')) faults.push(`it left something to recover: ${next.stderr}`);
  await makeOld(tree);
  return faults.map((fault) => `${signals.join()} in phase ${phase}: ${fault}: ${stderr.slice(-300)}`);
};

const plain: readonly (readonly NodeJS.Signals[])[] = [
  ['SIGINT'],
  ['SIGTERM'],
  ['SIGHUP'],
  ['SIGQUIT'],
  ['SIGSTOP', 'SIGKILL'],
];
const repeated: readonly (readonly NodeJS.Signals[])[] = [
  ['SIGINT', 'SIGINT'],
  ['SIGINT', 'SIGINT', 'SIGINT'],
  ['SIGHUP', 'SIGTERM'],
];

describe(`a signal while it writes (VFIO_PILOT_SEED=${seed})`, () => {
  it('ends it done or restored, with 128 and its number', async () => {
    const faults: string[] = [];
    for (const signals of plain)
      for (let run = 0; run < runs; run += 1)
        faults.push(...(await faultsOf(signals, isNightly ? run % 7 : Math.floor(random() * 7))));
    figure(
      'C1',
      `${plain.length * runs}/${plain.length * runs}`,
      `${plain.length * runs - faults.length}/${plain.length * runs}`,
    );
    expect(faults).toEqual([]);
  });

  it('a second and a third time does not hurry it into a half changed machine', async () => {
    const faults: string[] = [];
    for (const signals of repeated)
      for (let run = 0; run < runs; run += 1)
        faults.push(...(await faultsOf(signals, isNightly ? run % 7 : Math.floor(random() * 7))));
    figure('C3', `0 torn of ${repeated.length * runs}`, `${faults.length} torn of ${repeated.length * runs}`);
    expect(faults).toEqual([]);
  });
});

/** A shell in a terminal that tells the state of the terminal around the program, and the program's process id. */
const terminalScript = (args: readonly string[], trap = ''): string => {
  const file = join(directory, 'run.sh');
  writeFileSync(
    file,
    `${trap}\necho "before $(stty -g)."\nsh -c 'echo pid $$.; exec ${commandLine(args).replaceAll("'", String.raw`'\''`)}'\necho "code $?."\necho "after $(stty -g)."\n`,
  );
  return `sh ${file}`;
};

describe('a terminal', () => {
  it.each([
    ['apply asks', () => applyArgs(), /Type apply to go on/u],
    ['the wizard is shown', () => ['--root', tree.root], /choose/u],
  ] as const)('is given back as it was when a signal comes while %s', async (_name, args, shown) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
      const terminal = openTerminal(terminalScript(args()), {cwd: directory});
      const [, before] = await terminal.see(/before (\S+)\./u);
      const [, pid] = await terminal.see(/pid (\d+)\./u);
      await terminal.see(shown);
      process.kill(Number(pid), signal);
      const [, code] = await terminal.see(/code (\d+)\./u);
      const [, after] = await terminal.see(/after (\S+)\./u);
      expect([signal, Number(code), after]).toEqual([signal, 128 + constants.signals[signal], before]);
    }
    expect(stateOf(tree)).toBe('old');
  });

  it('is given back by Ctrl-C and Ctrl-D at the question', async () => {
    for (const [key, wanted] of [
      ['\u0003', '130'],
      ['\u0004', '0'],
    ] as const) {
      const terminal = openTerminal(terminalScript(applyArgs()), {cwd: directory});
      const [, before] = await terminal.see(/before (\S+)\./u);
      await terminal.see(/Type apply to go on/u);
      terminal.type(key);
      const [, code] = await terminal.see(/code (\d+)\./u);
      const [, after] = await terminal.see(/after (\S+)\./u);
      expect([code, after]).toEqual([wanted, before]);
    }
    expect(stateOf(tree)).toBe('old');
  });

  it.each([
    ['with SIGHUP', ''],
    ['without any signal', 'trap "" HUP'],
  ])('that goes away %s leaves the machine done or restored', async (_name, trap) => {
    for (let run = 0; run < deepOrNight(3, 20); run += 1) {
      const child = spawn('script', ['-qec', `exec ${terminalScript([...applyArgs(), '--yes'], trap)}`, '/dev/null'], {
        cwd: directory,
        env: {PATH: process.env['PATH'], TERM: 'xterm'},
      });
      let output = '';
      const seen = (pattern: RegExp): Promise<RegExpExecArray> =>
        new Promise((found) =>
          child.stdout.on(
            'data',
            (chunk: Buffer) => (
              (output += chunk.toString()),
              pattern.exec(output) !== null && found(pattern.exec(output) as RegExpExecArray)
            ),
          ),
        );
      const [, pid] = await seen(/pid (\d+)\.[\s\S]*installed/u);
      child.kill('SIGKILL');
      await new Promise((gone) => spawn('tail', [`--pid=${pid}`, '-f', '/dev/null']).once('close', gone));
      const next = await runCli(['rollback', '--root', tree.root]);
      expect(next.stderr).not.toContain('interrupted');
      expect(['old', 'applied']).toContain(stateOf(tree));
      await makeOld(tree);
    }
  });

  it('or a pipe that is closed does not end the writing half way', async () => {
    const child = spawnCli([...applyArgs(), '--yes']);
    child.stdin.end();
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    child.stderr.once('data', () => child.stderr.destroy());
    child.stdout.once('data', () => child.stdout.destroy());
    expect([await ended, stateOf(tree)]).toEqual([0, 'applied']);
    await makeOld(tree);
  });
});
