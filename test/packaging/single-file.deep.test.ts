import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {demoHosts} from '../../src/system/demo-names.ts';
import {closeTerminals, hasTmux, openTerminal} from '../cli/wizard-terminal.ts';
import {unpackHost} from '../support/host-tree.ts';
import {type CliResult, collect, profilePath, programName, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-single-'));
let executable = '';

afterAll(() => {
  closeTerminals();
  rmSync(directory, {recursive: true});
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> => {
  // A PATH without Node, as on the hosts that it is for.
  const child = spawn(executable, args, {
    cwd: repository,
    env: {PATH: '/nonexistent', LANG: 'C.UTF-8', TMPDIR: directory, ...env},
  });
  child.stdin.end();
  return collect(child);
};

const profile = profilePath('dell-r710-gtx1050');
const newTree = (): string => unpackHost('dell-r710-gtx1050');
/** What one says of itself, and what is new in each run. */
const comparable = ({stdout, stderr, exitCode}: CliResult, name: string): unknown =>
  [stdout, stderr, exitCode].map((part) =>
    String(part)
      .replaceAll(name, 'vfio-pilot')
      .replaceAll(/vfio-pilot-demo-\w+/g, 'DEMO'),
  );

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the program as one executable', () => {
  beforeAll(() => {
    const built = execFileSync(process.execPath, ['packaging/run.js', directory], {cwd: repository});
    executable = built.toString().trim();
  });

  it('answers as the package does, in every command that only reads', async () => {
    const root = newTree();
    const facts = join(directory, 'facts.json');
    writeFileSync(facts, (await runCli(['facts', '--json', '--root', root])).stdout);
    const lines: readonly (readonly string[])[] = [
      ['--version'],
      ['--help'],
      ['--demo', 'list'],
      ...['bash', 'zsh', 'fish'].map((shell) => ['completion', shell]),
      ['manual'],
      ['schema', 'plan'],
      ...['check', 'facts', 'groups', 'topology', 'history', 'verify'].map((verb) => [verb, '--root', root]),
      ['facts', '--json', '--root', root],
      ['plan', profile, '--root', root],
      ['profile', 'new', '--root', root],
      ['export', 'proxmox', profile, '--root', root],
      ['fleet', 'report', facts],
      ['report', '/nonexistent/report.md', '--root', root],
      ['capture', '/nonexistent/capture.tar.gz', '--root', root],
      ['chekc'],
      ...Object.keys(demoHosts).map((name) => ['check', '--demo', name]),
    ];
    const differing: unknown[] = [];
    for (const line of lines) {
      const [packaged, single] = await Promise.all([runCli(line, {env: {TMPDIR: directory}}), run(line)]);
      const [one, other] = [comparable(packaged, programName), comparable(single, executable)];
      if (JSON.stringify(one) !== JSON.stringify(other)) differing.push([line, one, other]);
    }
    expect(differing).toEqual([]);
    rmSync(root, {recursive: true});
  });

  it('applies what the package applies, to the byte, and takes it back', async () => {
    const [root, other] = [newTree(), newTree()];
    const before = treeState(root);
    const applied = await run(['apply', profile, '--root', root, '--yes']);
    expect(applied.exitCode, applied.stderr).toBe(0);
    await runCli(['apply', profile, '--root', other, '--yes']);
    expect(differences(treeState(root), treeState(other))).toEqual({});
    expect(Object.keys(differences(before, treeState(root))).length).toBeGreaterThan(3);
    expect((await run(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
    expect(differences(before, treeState(root))).toEqual({});
    for (const tree of [root, other]) rmSync(tree, {recursive: true});
  });

  it('passes the tests of the package: whole lives of the shipped profiles, edits in between, trials, later kernels', () => {
    const report = join(directory, 'report.json');
    const tests = ['profiles', 'keep-edits', 'trial', 'later-kernel'].map((name) => `test/cli/${name}.deep.test.ts`);
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.deep.config.ts', '--maxWorkers', '1'];
    spawnSync(process.execPath, [...vitest, '--reporter', 'json', '--outputFile', report, ...tests], {
      cwd: repository,
      env: {
        ...process.env,
        VFIO_PILOT_PROGRAM: executable,
        VFIO_PILOT_FIGURES: undefined,
        VFIO_PILOT_COUNTS: undefined,
        VFIO_PILOT_SCRATCH: undefined,
        VFIO_PILOT_SIZE: undefined,
      },
    });
    const {numPassedTests, numFailedTests, testResults} = JSON.parse(readFileSync(report, 'utf8')) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly testResults: readonly {readonly name: string; readonly message: string}[];
    };
    expect(numFailedTests, testResults.map(({message}) => message).join('\n')).toBe(0);
    expect(numPassedTests).toBeGreaterThanOrEqual(16);
  });

  it('never runs the code that NODE_OPTIONS names, and root is refused on top of that', async () => {
    const code = join(directory, 'loaded.cjs');
    writeFileSync(code, `require('node:fs').writeFileSync('${directory}/loaded', '')`);
    const env = {NODE_OPTIONS: `--require ${code}`};
    // The control: Node itself does run it.
    spawnSync(process.execPath, ['-e', '0'], {env});
    expect(readFileSync(join(directory, 'loaded'), 'utf8')).toBe('');
    rmSync(join(directory, 'loaded'));
    const {stderr, exitCode} = await run(['check', '--demo'], env);
    expect(() => readFileSync(join(directory, 'loaded'))).toThrow('ENOENT');
    if (process.geteuid?.() === 0) {
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`env -u NODE_OPTIONS ${executable}`);
    }
  });

  it.skipIf(!hasTmux)('shows the wizard in a real terminal, and leaves that as it was', async () => {
    const terminal = openTerminal('--demo', {command: executable});
    await terminal.see(/^vfio-pilot demo {2}This machine/m);
    terminal.type('\r');
    await terminal.see('step 1 of 9  Host checks');
    terminal.type('\r');
    await terminal.see('step 2 of 9  Device');
    terminal.type('\u0003');
    expect(await terminal.see(/exit code \d+/)).toContain('terminal restored');
  });
});
