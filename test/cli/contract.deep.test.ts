import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {constants} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {exitCodes} from '../../src/commands/command.ts';
import {readProcessIdentity} from '../../src/system/processes.ts';
import {unpackHost} from '../support/host-tree.ts';
import {makeTree} from '../support/make-tree.ts';
import {commandLine, profilePath, programName, runCli, runShell} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {applyTo, planOf} from './plan-document.ts';

const profile = profilePath('dell-r710-gtx1050');
const root = unpackHost('dell-r710-gtx1050');
const verbs = [
  'check',
  'facts',
  'groups',
  'topology',
  'plan',
  'apply',
  'verify',
  'rollback',
  'history',
  'profile',
  'capture',
];

describe('the command line', () => {
  it('explains every command and every exit code with --help', async () => {
    const {stdout, exitCode} = await runCli(['--help']);
    expect(exitCode).toBe(0);
    for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^  vfio-pilot ${verb}\\b`, 'm'));
    const list = stdout.slice(stdout.indexOf('Exit codes'));
    const explained = [...list.matchAll(/(?:^|\s)(\d+) /gm), ...stdout.matchAll(/^ +--exit-code .*\bexit (\d+)\b/gm)];
    const signals = [constants.signals.SIGHUP, constants.signals.SIGQUIT, constants.signals.SIGTERM];
    expect(explained.map(([, code]) => Number(code)).sort()).toEqual(
      [...Object.values(exitCodes), ...signals.map((signal) => 128 + signal)].sort(),
    );
    for (const flag of ['--root', '--json', '--no-color', '--verbose', '--version', '--help', '--demo'])
      expect(stdout).toContain(flag);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('tells the version of the package', async () => {
    const {version} = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(await runCli(['--version'])).toEqual({stdout: `${version}\n`, stderr: '', exitCode: 0, signal: null});
  });

  it('offers another way in one sentence where there is no terminal for the wizard', async () => {
    const {stdout, stderr, exitCode} = await runCli([]);
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 2});
    expect(stderr).toMatch(
      /^(?:vfio-pilot: )?The wizard needs a terminal\b[^\n]*(?:\n  → )?[^\n]*`node \S+ profile new`[^\n]*\n$/,
    );
  });

  it('says nothing about a reader that goes away', async () => {
    const {stdout, stderr, exitCode} = await runShell(
      `set -o pipefail; ${commandLine(['facts', '--json', '--root', root])} | head -c 1`,
    );
    expect({stdout, stderr, exitCode}).toEqual({stdout: '{', stderr: '', exitCode: 0});
  });

  it.each([['facts', '--json', '--root', root], ['help', 'plan'], ['--help'], ['--version']])(
    'says in one line, without a stack trace, that the disk of its output is full: %s',
    async (...args) => {
      const {stderr, exitCode} = await runShell(`${commandLine(args)} >/dev/full`);
      expect(stderr).toMatch(/^vfio-pilot: [^\n]*ENOSPC[^\n]*\n(?: {2}→ [^\n]*\n)?$/);
      expect(exitCode).toBe(exitCodes.restored);
    },
  );
});

describe('the JSON contract', () => {
  it('of facts has the keys that design and scripts rely on', async () => {
    const {stdout, stderr} = await runCli(['facts', '--json', '--root', root]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      cpu: {vendor: 'GenuineIntel', model: expect.stringContaining('E5645'), online: '0-23', hybrid: false},
      boot: {
        firmware: 'bios',
        loader: 'grub',
        initramfs: 'initramfs-tools',
        commandLine: expect.stringContaining('intel_iommu=on'),
      },
    });
    const facts = JSON.parse(stdout) as {
      cpu: {cpus: unknown[]};
      nodes: unknown[];
      pci: {address: string}[];
      iommu: {active: boolean; interruptRemapping: boolean; groups: {id: number}[]};
    };
    expect(facts.cpu.cpus[12]).toMatchObject({
      id: 12,
      node: 0,
      package: expect.any(Number),
      die: expect.any(Number),
      core: expect.any(Number),
      siblings: [0, 12],
      l3: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22],
      kind: 'core',
      online: true,
    });
    expect(facts.nodes[0]).toMatchObject({
      id: 0,
      cpus: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22],
      memoryKiB: expect.any(Number),
      distances: [10, 20],
      hugepages: expect.arrayContaining([{sizeKiB: 2048, total: 0, free: 0}]),
    });
    expect(facts.pci.find(({address}) => address === '0000:06:00.0')).toMatchObject({
      class: '030000',
      vendor: '10de',
      device: '1c81',
      subsystem: expect.stringMatching(/^[\da-f]{4}:[\da-f]{4}$/),
      driver: expect.any(String),
      iommuGroup: 17,
      numaNode: null,
      bootVga: false,
      resetMethods: null,
      name: expect.stringContaining('GTX 1050'),
    });
    expect(facts.iommu).toMatchObject({active: true, interruptRemapping: false});
    expect(facts.iommu.groups.find(({id}) => id === 17)).toMatchObject({devices: ['0000:06:00.0', '0000:06:00.1']});
  });

  it('of facts leaves out the text of configuration files, which can hold passwords', async () => {
    const {stdout} = await runCli(['facts', '--json', '--root', root]);
    expect(stdout).not.toContain('<domain');
    expect(stdout).not.toContain('GRUB_CMDLINE_LINUX_DEFAULT=');
  });

  it('of plan has the keys that design and scripts rely on', async () => {
    const plan = await planOf(profile, root);
    expect(Object.keys(plan)).toEqual(
      expect.arrayContaining([
        'version',
        'profile',
        'findings',
        'devices',
        'kernelArguments',
        'pinning',
        'memory',
        'changes',
      ]),
    );
    expect(plan).toMatchObject({version: 1, profile: 'dell-r710-gtx1050'});
    for (const finding of plan.findings)
      expect(finding).toMatchObject({
        code: expect.any(String),
        severity: expect.stringMatching(/^(blocker|warning|note)$/),
        subject: expect.any(String),
        message: expect.any(String),
        remedy: expect.any(String),
      });
    for (const change of plan.changes) {
      expect(change.kind).toMatch(/^(create|replace|remove|run)$/);
      expect(change.why.length).toBeGreaterThan(0);
      expect(change.diff).toMatch(change.kind === 'run' ? /^$/ : /^(new file mode \d{4}\n|symbolic link\n)?--- /);
    }
  });

  it.each(['check', 'groups', 'topology'])('of %s is one document and nothing more', async (verb) => {
    const {stdout, stderr} = await runCli([verb, '--json', '--root', root]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({version: 1});
  });
});

describe('profile new', () => {
  it('refuses a bridge in words', async () => {
    const {stderr, exitCode} = await runCli(['profile', 'new', '--device', '00:07.0', '--root', root]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('0000:00:07.0 is a bridge, which stays with the host.'),
    ]);
  });

  it('gives with --json what profile show gives of the file that it saves', async () => {
    const file = join(unpackHost('dell-r710-gtx1050'), 'new.yaml');
    const created = await runCli(['profile', 'new', '--device', '06:00.0', '--root', root, '--out', file, '--json']);
    expect(JSON.parse(created.stdout)).toMatchObject({devices: [{address: '0000:06:00.0'}, {address: '0000:06:00.1'}]});
    expect(created.stdout).toBe((await runCli(['profile', 'show', file, '--json'])).stdout);
  });
});

describe('topology --svg', () => {
  it('saves the picture with the plan, of any root, and never over a file', async () => {
    const file = join(unpackHost('dell-r710-gtx1050'), 'map.svg');
    const draw = () => runCli(['topology', '--svg', file, '--root', root, '--profile', profile]);

    const first = await draw();

    expect(first).toMatchObject({stdout: '', exitCode: 0});
    expect(first.stderr).toContain(`Saved ${file}.\n`);
    expect(readFileSync(file, 'utf8')).toBe(
      readFileSync(resolve(import.meta.dirname, '../../docs/topology.svg'), 'utf8'),
    );
    expect(await draw()).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`${file} exists already.`)});
  });
});

describe('exit codes', () => {
  it('plan --exit-code is 10 while there are changes and 0 afterwards', async () => {
    const host = unpackHost('dell-r710-gtx1050');
    expect((await runCli(['plan', profile, '--root', host])).exitCode).toBe(0);
    expect((await runCli(['plan', profile, '--root', host, '--exit-code'])).exitCode).toBe(10);
    await applyTo(profile, host);
    expect((await runCli(['plan', profile, '--root', host, '--exit-code'])).exitCode).toBe(0);
  });

  it('apply and rollback do not write without --yes where nobody can be asked: 2', async () => {
    const before = treeState(root, {times: true, history: true});
    const applied = await runCli(['apply', profile, '--root', root]);
    expect(applied.exitCode).toBe(2);
    expect(applied.stderr).toContain('--yes');
    expect(differences(before, treeState(root, {times: true, history: true}))).toEqual({});

    const host = unpackHost('dell-r710-gtx1050');
    await applyTo(profile, host);
    const present = treeState(host, {times: true, history: true});
    expect((await runCli(['rollback', '--root', host])).exitCode).toBe(2);
    expect(differences(present, treeState(host, {times: true, history: true}))).toEqual({});
  });

  it('apply --dry-run shows the same as plan and writes nothing: 0', async () => {
    const before = treeState(root, {times: true, history: true});
    const [plan, dry] = await Promise.all([
      runCli(['plan', profile, '--root', root]),
      runCli(['apply', profile, '--root', root, '--dry-run', '--yes']),
    ]);
    expect(dry.exitCode).toBe(0);
    const [verdict] =
      /\nReady: 6 files, 3 commands and a reboot; next: node \S+ apply \S+ --root \S+\n$/.exec(plan.stdout) ?? [];
    expect(verdict).toBeDefined();
    expect(dry.stdout).toBe(`${plan.stdout.replace(verdict ?? '', '')}\nDry run: nothing was written.\n`);
    expect(differences(before, treeState(root, {times: true, history: true}))).toEqual({});
  });

  it('a lock that a living process holds is 75, and names the process', async () => {
    const host = unpackHost('dell-r710-gtx1050');
    const lock = join(host, 'var/lib/vfio-pilot/lock');
    mkdirSync(dirname(lock), {recursive: true, mode: 0o700});
    writeFileSync(lock, JSON.stringify(readProcessIdentity()));
    const before = treeState(host);
    const {stderr, exitCode} = await runCli(['apply', profile, '--root', host, '--yes']);
    expect(exitCode).toBe(75);
    expect(stderr).toContain(`process ${process.pid}`);
    expect(differences(before, treeState(host))).toEqual({});
  });

  it('a dry run meets that lock as well, and an empty folder is no host: 75 and 2, as JSON when asked', async () => {
    const host = unpackHost('dell-r710-gtx1050');
    const lock = join(host, 'var/lib/vfio-pilot/lock');
    mkdirSync(dirname(lock), {recursive: true, mode: 0o700});
    writeFileSync(lock, JSON.stringify(readProcessIdentity()));
    const before = treeState(host);
    const locked = await runCli(['apply', profile, '--root', host, '--dry-run', '--json']);
    expect(locked).toMatchObject({exitCode: 75, stderr: ''});
    expect(JSON.parse(locked.stdout)).toEqual({
      version: 1,
      error: {
        code: 'locked',
        message: expect.stringContaining(`process ${process.pid}`) as unknown,
        nextStep: expect.any(String) as unknown,
        isRestored: null,
      },
    });
    expect(differences(before, treeState(host))).toEqual({});

    const empty = makeTree({'/note': ''});
    const refused = await runCli(['check', '--root', empty]);
    expect(refused).toMatchObject({exitCode: 2, stdout: ''});
    expect(refused.stderr).toContain(`--root ${empty} has no /proc, /etc or /sys`);
  });

  it('verify of a host where nothing is applied is 6', async () => {
    const {exitCode, stderr} = await runCli(['verify', '--root', root]);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`\`${programName} apply PROFILE\``);
  });

  it('check is 3 where something must be mended first', async () => {
    const ready = await runCli(['check', '--root', root]);
    expect([ready.exitCode, ready.stdout]).toEqual([0, expect.stringMatching(/\nReady, with 2 warnings; next: .*\n$/)]);
    const bare = unpackHost('dell-r710-gtx1050');
    writeFileSync(join(bare, 'proc/cpuinfo'), readFileSync(join(bare, 'proc/cpuinfo'), 'utf8').replaceAll(' vmx', ''));
    const unfit = await runCli(['check', '--root', bare]);
    expect([unfit.exitCode, unfit.stdout]).toEqual([3, expect.stringMatching(/\nNot ready: 1 error \(.*\n$/)]);
  });

  it('history and rollback of an untouched host are 0, and say so', async () => {
    const history = await runCli(['history', '--root', root]);
    expect([history.exitCode, history.stdout]).toEqual([0, 'No run was ever applied here.\n']);
    const rollback = await runCli(['rollback', '--root', root]);
    expect([rollback.exitCode, rollback.stdout]).toEqual([0, 'Nothing to do: nothing is applied.\n']);
  });
});
