import {spawnSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {openTerminal} from '../support/open-terminal.ts';
import {commandLine, profilePath, runCli, runOnTerminal} from '../support/run-cli.ts';
import {applyTo} from './plan-document.ts';

const profile = profilePath('dell-r710-gtx1050');
const escape = '\u001B';

const hasScript = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasScript)('colours (skipped where script(1) is missing)', () => {
  const root = unpackHost('dell-r710-gtx1050');
  const args = ['check', '--root', root];

  it('are used on a terminal', async () => {
    const {stdout, exitCode} = await runOnTerminal(args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${escape}[`);
  });

  it.each([
    ['NO_COLOR', args, {NO_COLOR: '1'}],
    ['TERM=dumb', args, {TERM: 'dumb'}],
    ['--no-color', [...args, '--no-color'], {}],
  ] as const)('are left out with %s', async (_name, withFlags, env) => {
    const {stdout, exitCode} = await runOnTerminal(withFlags, env);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('CPU virtualisation');
    expect(stdout).not.toContain(escape);
  });

  it('never decide what is said', async () => {
    const [terminal, pipe] = await Promise.all([runOnTerminal(args), runCli(args)]);
    expect(pipe.stdout).not.toContain(escape);
    expect(terminal.stdout.replaceAll(/\u001B\[[\d;]*m|\r/g, '')).toBe(pipe.stdout + pipe.stderr);
  });

  it('are left out where the output is no terminal', async () => {
    for (const more of [['plan', profile], ['facts'], ['groups'], ['topology']]) {
      const {stdout, stderr} = await runCli([...more, '--root', root]);
      expect(`${stdout}${stderr}`).not.toContain(escape);
    }
  });
});

describe.skipIf(!hasScript || spawnSync('less', ['--version']).error !== undefined)(
  'the pager (skipped where script(1) or less is missing)',
  () => {
    const root = unpackHost('dell-r710-gtx1050');
    const line = (...more: readonly string[]): string => commandLine(['plan', profile, '--root', root, ...more]);

    it('shows what is longer than the screen a screen at a time, and q ends both', async () => {
      const terminal = openTerminal(line(), {cwd: root});
      const [shown] = await terminal.see(/Findings[^]*\n:/);
      expect(shown).not.toContain('Ready: ');
      terminal.type('G');
      await terminal.see(/Ready: 6 files/);
      terminal.type('q');
      await terminal.ended;
    });

    it('is not asked with --no-pager, for what fits, and for JSON', async () => {
      for (const words of [line('--no-pager'), commandLine(['history', '--root', root]), line('--json')]) {
        const terminal = openTerminal(words, {cwd: root});
        const [shown] = await terminal.see(/[^]*(?:Ready: 6 files|No run was ever|"version": 1)/);
        await terminal.ended;
        expect(shown).not.toMatch(/\n:/);
      }
    });
  },
);

/** Clears the screen, sets the window's title, writes to the clipboard, turns the text around. */
const hostile = `${escape}[2J${escape}]0;pwned\u0007${escape}]52;c;AAAA\u0007\u202E`;
const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-names-'));
afterAll(() => rmSync(scratch, {recursive: true}));

const hostileHost = (): string => {
  const root = unpackHost('dell-r710-gtx1050');
  const edit = (path: string, from: RegExp, to: string): void => {
    const text = readFileSync(join(root, path), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(join(root, path), text.replace(from, to));
  };
  edit('usr/share/misc/pci.ids', /GP107 \[GeForce GTX 1050\]/, `GP107 ${hostile}`);
  edit('proc/cpuinfo', /(model name\s*:) .*/g, `$1 E5645 ${hostile}`);
  edit('proc/cmdline', /console=tty0/, `console=tty0 x=${hostile}`);
  edit('etc/libvirt/qemu/backup.xml', /<name>backup</, `<name>back${hostile}up<`);
  copyFileSync(join(root, 'etc/libvirt/qemu/backup.xml'), join(root, `etc/libvirt/qemu/x${escape}[2J.xml`));
  return root;
};

describe('a captured host whose names play with the terminal', () => {
  const root = hostileHost();
  const expectHarmless = ({stdout, stderr}: {readonly stdout: string; readonly stderr: string}): void => {
    expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202E]/);
  };

  it.each([
    ['facts'],
    ['check'],
    ['groups'],
    ['topology'],
    ['topology', '--profile', profile],
    ['plan', profile],
    ['profile', 'check', profile],
    ['profile', 'new', '--device', '06:00.0'],
    ['history'],
  ])('cannot do so in %s %s', async (...args) => {
    const result = await runCli([...args, '--root', root]);
    expect(result.exitCode).toBe(0);
    expectHarmless(result);
  });

  it('shows that something was there', async () => {
    expect((await runCli(['groups', '--root', root])).stdout).toMatch(/GP107 \uFFFD/);
  });

  it('cannot do so in apply, history, verify and rollback', async () => {
    const host = hostileHost();
    await applyTo(profile, host);
    for (const args of [['apply', profile, '--yes'], ['history'], ['verify'], ['rollback', '--yes']])
      expectHarmless(await runCli([...args, '--root', host]));
  });

  it('cannot do so as JSON either', async () => {
    for (const verb of ['facts', 'groups', 'check']) {
      const {stdout} = await runCli([verb, '--json', '--root', root]);
      expect(stdout).not.toContain(escape);
      JSON.parse(stdout);
    }
  });
});

describe('a profile that plays with the terminal', () => {
  it('is refused where its values hold control characters', async () => {
    const file = join(scratch, 'description.yaml');
    writeFileSync(file, readFileSync(profile, 'utf8').replace(/^description: .*/m, `description: "${hostile}"`));
    const {stdout, stderr, exitCode} = await runCli(['plan', file]);
    expect(exitCode).toBe(2);
    expect(`${stdout}${stderr}`).not.toContain(escape);
  });

  it('cannot do so by the name of its file', async () => {
    const {stderr, exitCode} = await runCli(['plan', join(scratch, `x${hostile.replaceAll('/', '')}.yaml`)]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('does not exist');
    expect(stderr).not.toContain(escape);
  });

  it('cannot do so by what YAML escapes mean', async () => {
    const file = join(scratch, 'escaped.yaml');
    writeFileSync(
      file,
      readFileSync(profile, 'utf8')
        .replace(/^description: .*/m, String.raw`description: "\e[2J\x9b2J"`)
        .replace('os: windows-10', String.raw`os: "\e[2Jwindows"`),
    );
    const {stdout, stderr, exitCode} = await runCli(['plan', file]);
    expect(exitCode).toBe(2);
    expect(`${stdout}${stderr}`).not.toMatch(/[\u001B\u009B]/);
  });
});
