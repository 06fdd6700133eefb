import {findUnsafeStart} from '../../src/system/start-guard.ts';
import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {readOnlyRunner} from '../../src/system/run-program.ts';
import {runProgram} from '../../src/system/run-program.ts';
import {programEnvironment} from '../../src/system/trusted-program.ts';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {fakePrograms, hostileEnvironment} from './hostile-environment.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-environment-'));
const [canary, fakes] = [join(directory, 'canary'), join(directory, 'fakes')];
const environment = hostileEnvironment(canary, fakes);
afterAll(() => rmSync(directory, {recursive: true}));
beforeAll(() => {
  mkdirSync(fakes);
  for (const name of [...fakePrograms, 'env.sh']) {
    writeFileSync(join(fakes, name), `#!/bin/sh\necho ${name} >> ${canary}\n`);
    chmodSync(join(fakes, name), 0o755);
  }
});

/** As a program sees it that is run through this one: `NAME=VALUE` for each variable. */
const seenBy = async (run: (file: string) => Promise<string> | string): Promise<string> => {
  const before = {...process.env};
  Object.assign(process.env, environment);
  try {
    return (await run('/usr/bin/env')).trim().split('\n').sort().join('\n');
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
};

const whitelist = Object.entries(programEnvironment)
  .map(([name, value]) => `${name}=${value}`)
  .sort()
  .join('\n');

/** Without what root is refused to start with. */
const accepted = Object.fromEntries(
  Object.entries(environment).filter(
    ([name]) => findUnsafeStart({isRoot: true, environment, nodeArguments: []})?.variables.includes(name) !== true,
  ),
);

describe('a hostile environment', () => {
  it('does not reach the programs that are run: theirs is built anew', async () => {
    const runners: readonly ((file: string) => Promise<string> | string)[] = [
      () => readOnlyRunner('env', []) ?? '',
      async (file) => {
        const result = await runProgram(file, {
          argv: [file],
          timeoutSeconds: 10,
          signal: new AbortController().signal,
          onOutput: () => undefined,
        });
        return result.state === 'ended' ? result.stdout : '';
      },
    ];
    const seen: string[] = [];
    for (const run of runners) seen.push(await seenBy(run));
    figure('I1 variables', '≥ 45 variables', `${Object.keys(environment).length} variables`);
    figure(
      'I1 ways',
      '2/2 ways to run see the white list',
      `${seen.filter((text) => text === whitelist).length}/2 ways to run see the white list`,
    );
    expect(seen).toEqual([whitelist, whitelist]);
  });

  it('puts no other program in place of a trusted one, where the same name by PATH is another (control)', async () => {
    execFileSync('virsh', ['--version'], {env: {PATH: String(environment['PATH'])}});
    expect(readFileSync(canary, 'utf8')).toBe('virsh\n');
    rmSync(canary);
    const {exitCode} = await runCli(['facts', '--json'], {env: accepted, cwd: fakes});
    figure(
      'I1 programs',
      '0 foreign programs run',
      `${existsSync(canary) ? readFileSync(canary, 'utf8').split('\n').length - 1 : 0} foreign programs run`,
    );
    expect(exitCode).toBe(0);
  });

  it('changes nothing of what is planned and written', async () => {
    const [clean, hostile] = [unpackHost('dell-r710-gtx1050'), unpackHost('dell-r710-gtx1050')];
    const profile = profilePath('dell-r710-gtx1050');
    const apply = (root: string, env: Readonly<Record<string, string>>) =>
      runCli(['apply', profile, '--root', root, '--yes'], {env, cwd: fakes});
    const [one, other] = [await apply(clean, {}), await apply(hostile, accepted)];
    const plain = (text: string): string =>
      text
        .replaceAll(/\d{8}T\d{6}Z-\w{4}/g, 'ID')
        .replaceAll(/(generated\/\d+)-\d+/g, '$1')
        .replaceAll(clean, 'ROOT')
        .replaceAll(hostile, 'ROOT');
    expect({...other, stdout: plain(other.stdout), stderr: plain(other.stderr)}).toEqual({
      ...one,
      stdout: plain(one.stdout),
      stderr: plain(one.stderr),
    });
    expect(one.exitCode).toBe(0);
    expect(differences(treeState(clean), treeState(hostile))).toEqual({});
    expect(readdirSync(directory)).toEqual(['fakes']);
  });
});
