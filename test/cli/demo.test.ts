import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {runChecks} from '../../src/checks/run-checks.ts';
import {readHost} from '../../src/host/read-host.ts';
import {unpackDemoHost} from '../../src/system/demo-host.ts';
import {demoHosts} from '../../src/system/demo-names.ts';
import {openSource} from '../../src/system/source.ts';
import {hostOrigin} from '../support/host-tree.ts';
import {openTerminal} from '../support/open-terminal.ts';
import {runCli} from '../support/run-cli.ts';

const repository = resolve(import.meta.dirname, '../..');

describe('the embedded hosts', () => {
  it.each(Object.entries(demoHosts))('%s can be looked at, is ready, and comes with its origins', (name, {tree}) => {
    const root = unpackDemoHost(name);
    try {
      expect(runChecks(readHost(openSource(root, null))).filter(({status}) => status === 'error')).toEqual([]);
    } finally {
      rmSync(root, {recursive: true});
    }
    expect(readFileSync(join(repository, 'dist/demo/ORIGINS.md'), 'utf8')).toContain(hostOrigin(tree));
  });

  it('are listed by --demo list', async () => {
    const {stdout, stderr, exitCode} = await runCli(['--demo', 'list']);
    expect([stderr, exitCode]).toEqual(['', 0]);
    for (const [name, {summary}] of Object.entries(demoHosts))
      expect(stdout).toMatch(new RegExp(`^${name} +${summary}`, 'm'));
  });

  it('are kept once something was written there, and the end says how to remove them', async () => {
    const {stderr, exitCode} = await runCli(['apply', 'profiles/ryzen-two-cards.yaml', '--demo', '--yes']);
    const [, root = '/nowhere'] = /^Demo host two-cards: a scratch copy in (.*)$/m.exec(stderr) ?? [];
    expect([exitCode, existsSync(root)]).toEqual([0, true]);
    expect(stderr.endsWith(`The scratch copy is kept with what was written there. To remove it: rm -r ${root}\n`)).toBe(
      true,
    );
    rmSync(root, {recursive: true});
  });

  it('are unpacked by their name, and gone after a command that only looks', async () => {
    const {stdout, stderr} = await runCli(['facts', '--demo', 'laptop']);
    const [, root = '/'] = /^Demo host laptop: a scratch copy in (.*)$/m.exec(stderr) ?? [];
    expect(stdout).toContain('GTX 1050');
    expect(existsSync(root)).toBe(false);
  });
});

describe('npm run demo', () => {
  const {scripts} = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    scripts: {readonly demo: string};
  };
  const script = scripts.demo.replace('npm run --silent build && ', '');

  it('prints the plan where there is no terminal', () => {
    const {stdout, status} = spawnSync('sh', ['-c', script], {cwd: repository, encoding: 'utf8', input: ''});
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nReady: .*; next: .* apply profiles\/ryzen-two-cards\.yaml --demo\n$/);
  });

  it.skipIf(spawnSync('script', ['--version']).error !== undefined)(
    'opens the wizard on a terminal (skipped where script(1) is missing)',
    async () => {
      const terminal = openTerminal(`sh -c '${script}'`, {cwd: repository});
      const [shown] = await terminal.see(/vfio-pilot demo/);
      terminal.type('\u0003');
      await terminal.ended;
      expect(shown).toBe('vfio-pilot demo');
    },
  );
});

it('a host of another name is refused before anything is unpacked', async () => {
  const {stderr, exitCode} = await runCli(['check', '--demo=nowhere']);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--demo "nowhere" is not known.')]);
});
