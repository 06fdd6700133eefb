import {spawn, spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, program, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {hasAnsible, installCollection, python} from './collection.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-fleet-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));
const env = installCollection(directory);
const profile = profilePath('dell-r710-gtx1050');
const collection = resolve(import.meta.dirname, '../../integrations/ansible');

const hosts = Array.from({length: 50}, (_, index) => `h${String(index + 1).padStart(2, '0')}`);
/** Its card is another one than the profile names. */
const odd = 'h25';
const treeOf = (host: string): string => join(directory, 'trees', host);

const playbook = join(directory, 'play.yml');
const inventory = join(directory, 'inventory.ini');

const makeFleet = (): void => {
  const tree = unpackHost('dell-r710-gtx1050');
  mkdirSync(join(directory, 'trees'));
  for (const host of hosts) cpSync(tree, treeOf(host), {recursive: true, verbatimSymlinks: true});
  writeFileSync(join(treeOf(odd), 'sys/bus/pci/devices/0000:06:00.0/device'), '0x1c82\n');
  writeFileSync(
    inventory,
    `${hosts.map((host) => `${host} tree=${treeOf(host)}`).join('\n')}\n\n[all:vars]\nansible_connection=local\nansible_python_interpreter=${python}\n`,
  );
  writeFileSync(
    playbook,
    `- hosts: all
  gather_facts: false
  tasks:
    - vfio_pilot.host.profile:
        content: "{{ lookup('ansible.builtin.file', '${profile}') }}"
        name: dell-r710-gtx1050.yaml
        executable: ${program}
        root: '{{ tree }}'
`,
  );
};

const argv = ['ansible-playbook', '-i', inventory, '--forks', '2', playbook] as const;

type Recap = {readonly changed: readonly string[]; readonly ok: readonly string[]; readonly failed: readonly string[]};
type Ran = {readonly recap: Recap; readonly stdout: string; readonly cpuSeconds: number};

/** CPU seconds, user and system, of Ansible and of all that it started; a wall clock says how busy the machine is. */
const play = (words: readonly string[] = []): Ran => {
  const {stdout} = spawnSync('bash', ['-c', '"$@"; times >&1', 'bash', ...argv, ...words], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
  });
  const [user, system] = [...(stdout.trimEnd().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds),
  );
  const lines = [...stdout.matchAll(/^(h\d\d) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+)/gm)];
  const named = (is: (changed: number, failed: number) => boolean): readonly string[] =>
    lines.flatMap(([, host = '', changed, failed]) => (is(Number(changed), Number(failed)) ? [host] : []));
  return {
    stdout,
    cpuSeconds: (user ?? 0) + (system ?? 0),
    recap: {
      changed: named((changed) => changed > 0),
      ok: named((changed, failed) => changed === 0 && failed === 0),
      failed: named((_, failed) => failed > 0),
    },
  };
};

const journalOf = (host: string): string => join(treeOf(host), 'var/lib/vfio-pilot/journal');
const hasBegun = (host: string): boolean => existsSync(journalOf(host)) && readdirSync(journalOf(host)).length > 0;

const isApplied = async (host: string): Promise<boolean> => {
  const {stdout} = await runCli(['history', '--json', '--root', treeOf(host)]);
  return JSON.stringify(JSON.parse(stdout)).includes('"applied"');
};

describe.skipIf(!hasAnsible)('50 hosts under Ansible, each a tree of files', () => {
  it('are looked at, set up by a run that was killed and one more, and left alone by the next', async () => {
    makeFleet();
    const fresh = treeState(treeOf('h01'), {history: true});
    const oddBefore = treeState(treeOf(odd), {history: true});

    const checked = play(['--check', '--diff', '--limit', 'h01,h02']);
    expect(checked.recap).toEqual({changed: ['h01', 'h02'], ok: [], failed: []});
    expect(checked.stdout).toContain('+++ /etc/default/grub');
    expect(differences(fresh, treeState(treeOf('h01'), {history: true}))).toEqual({});

    // All of it is killed, programs on hosts included, as soon as the seventh host has begun.
    const [file, ...args] = argv;
    const child = spawn(file, args, {env, detached: true, stdio: 'ignore'});
    const ended = new Promise((done) => child.once('exit', done));
    while (child.exitCode === null && hosts.filter(hasBegun).length < 7) await setTimeout(20);
    expect(child.exitCode).toBeNull();
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
    const begun = hosts.filter(hasBegun);
    const kept: string[] = [];
    for (const host of begun) if (await isApplied(host)) kept.push(host);
    expect(kept.length).toBeLessThan(hosts.length - 1);

    const second = play();
    expect(second.recap).toEqual({
      changed: hosts.filter((host) => host !== odd && !kept.includes(host)),
      ok: kept,
      failed: [odd],
    });
    expect(second.stdout).toMatch(/blocked on this host: .*1c82/);
    const third = play();
    expect(third.recap).toEqual({changed: [], ok: hosts.filter((host) => host !== odd), failed: [odd]});

    const alone = unpackHost('dell-r710-gtx1050');
    await runCli(['apply', profile, '--root', alone, '--yes']);
    const wanted = treeState(alone);
    const wrong = hosts.filter(
      (host) => host !== odd && Object.keys(differences(wanted, treeState(treeOf(host)))).length > 0,
    );
    expect(wrong).toEqual([]);
    expect(differences(oddBefore, treeState(treeOf(odd), {history: true}))).toEqual({});

    const row = (name: string, {recap: {changed, ok, failed}, cpuSeconds}: Ran, count: number): string =>
      `${name.padEnd(28)}changed ${changed.length}, ok ${ok.length}, failed ${failed.length}, ${(cpuSeconds / count).toFixed(1)} CPU s a host`;
    console.log(
      [
        row('check and diff, 2 hosts', checked, 2),
        `killed in the middle        ${begun.length} hosts begun, ${kept.length} of them done`,
        row('after it, 50 hosts', second, 50),
        row('once more, 50 hosts', third, 50),
      ].join('\n'),
    );
    figure('O, set up', '49/49', `${second.recap.changed.length + second.recap.ok.length - wrong.length}/49`);
    figure('O, changed by one more run', 0, third.recap.changed.length);
    figure('O, failed beside the blocked one', 0, third.recap.failed.filter((host) => host !== odd).length);
  });

  it('are collected, one document each, for a report', async () => {
    const cwd = join(directory, 'collected');
    mkdirSync(cwd);
    const trees = [unpackHost('dell-r710-gtx1050'), unpackHost('ryzen-two-cards')];
    const lines = trees.map((root, index) => {
      const executable = join(cwd, `program-${index}`);
      writeFileSync(executable, `#!/bin/sh\nexec ${process.execPath} ${program} "$@" --root ${root}\n`, {mode: 0o755});
      return `h${index} vfio_pilot_executable=${executable}`;
    });
    writeFileSync(
      join(cwd, 'inventory.ini'),
      `[gpu_hosts]\n${lines.join('\n')}\n\n[gpu_hosts:vars]\nansible_connection=local\nansible_become=false\nansible_python_interpreter=${python}\n`,
    );
    const words = ['-i', 'inventory.ini', 'vfio_pilot.host.collect_facts'];
    const {status, stdout} = spawnSync('ansible-playbook', words, {cwd, encoding: 'utf8', env: {...env, PWD: cwd}});
    expect([status, stdout]).toEqual([0, expect.any(String)]);
    const report = await runCli(['fleet', 'report', join(cwd, 'facts'), '--json']);
    expect(JSON.parse(report.stdout)).toMatchObject({hosts: 2});
  });

  it('have playbooks and modules that Ansible reads', () => {
    for (const name of readdirSync(join(collection, 'playbooks'))) {
      const {status, stderr} = spawnSync(
        'ansible-playbook',
        ['--syntax-check', '-i', 'localhost,', join(collection, 'playbooks', name)],
        {
          encoding: 'utf8',
          env,
        },
      );
      expect([name, status, stderr.replaceAll(/^\[WARNING\].*\n/gm, '').trim()]).toEqual([name, 0, '']);
    }
    for (const file of readdirSync(join(collection, 'plugins/modules'))) {
      const name = `vfio_pilot.host.${file.replace('.py', '')}`;
      const {stdout} = spawnSync('ansible-doc', ['--json', name], {encoding: 'utf8', env});
      const documented = JSON.parse(stdout) as Record<string, {readonly doc: {readonly options: object}}>;
      expect([name, Object.keys(documented[name]?.doc.options ?? {})]).toEqual([
        name,
        expect.arrayContaining(['executable', 'root']),
      ]);
    }
    expect(readFileSync(join(collection, 'galaxy.yml'), 'utf8')).toContain('version: 0.1.0');
  });
});
