import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {openTerminal} from '../support/open-terminal.ts';
import {commandLine, profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const hasScript = spawnSync('script', ['--version']).status === 0;

/** Both the program and the right to trace are needed; a container may refuse the second. */
const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-strace-'));
afterAll(() => rmSync(directory, {recursive: true}));

const changing =
  'creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,utimes,utimensat,futimesat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,mount,umount2';
const isOfTerminal = (line: string): boolean => /"\/dev\/(?:null|tty|pts\/\d+|ptmx)"/.test(line);

/** Calls of the trace that could have changed a file, the terminal's own left out. */
const writesIn = (trace: string): readonly string[] =>
  trace
    .split('\n')
    .filter(
      (line) =>
        /^\d+ +(?!open)\w+\(/.test(line) || (/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line) && !isOfTerminal(line)),
    );

const tracing = (file: string): readonly string[] => [
  'strace',
  '-f',
  '-qq',
  '-e',
  'signal=none',
  '-e',
  `trace=open,openat,openat2,${changing}`,
  '-o',
  file,
];

// io_uring would pass by the system calls that are traced.
const env = {UV_USE_IO_URING: '0'};

describe.skipIf(!canTrace)('commands that only look (skipped where strace may not trace)', () => {
  const root = unpackHost('dell-r710-gtx1050');
  const profile = profilePath('dell-r710-gtx1050');

  it('are traced in a way that sees a write', async () => {
    const trace = join(directory, 'writes');
    await runCli(['profile', 'new', '--device', '06:00.0', '--root', root, '--out', join(directory, 'new.yaml')], {
      prefix: tracing(trace),
      env,
    });
    expect(writesIn(readFileSync(trace, 'utf8')).some((line) => line.includes('new.yaml'))).toBe(true);
  });

  it.each([
    'check',
    'facts',
    'groups',
    `topology --profile ${profile}`,
    `plan ${profile}`,
    `plan ${profile} --json --exit-code`,
    `apply ${profile} --dry-run --yes`,
    `profile check ${profile}`,
    'profile new --device 06:00.0',
    'history',
    'rollback --yes',
    'rollback --dry-run --yes',
  ])('open nothing for writing: %s', async (command) => {
    const trace = join(directory, command.replaceAll(/\W+/g, '-').slice(0, 100));
    const before = treeState(root, {times: true, history: true});
    const {exitCode, stderr} = await runCli([...command.split(' '), '--root', root], {prefix: tracing(trace), env});
    expect([0, 10], stderr).toContain(exitCode);
    const text = readFileSync(trace, 'utf8');
    expect(text).toContain('O_RDONLY');
    expect(writesIn(text)).toEqual([]);
    expect(differences(before, treeState(root, {times: true, history: true}))).toEqual({});
  });
});

it.skipIf(!canTrace)(
  'rollback --dry-run shows each byte of a run and opens nothing for writing (skipped where strace may not trace)',
  async () => {
    const root = unpackHost('dell-r710-gtx1050');
    await runCli(['apply', profilePath('dell-r710-gtx1050'), '--root', root, '--yes']);
    const [trace, before] = [join(directory, 'rollback'), treeState(root, {times: true, history: true})];
    const {exitCode, stdout} = await runCli(['rollback', '--dry-run', '--yes', '--root', root], {
      prefix: tracing(trace),
      env,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^ {2}restore \/etc\/default\/grub\n--- \/etc\/default\/grub\n\+\+\+ \/etc\/default\/grub\n[^]*^-GRUB_CMDLINE_LINUX_DEFAULT=.*hugepages/m,
    );
    expect(stdout).toContain('--- /etc/modprobe.d/vfio-pilot.conf\n+++ /dev/null\n');
    expect(stdout).toMatch(/\nDry run: nothing was written\.\n$/);
    expect(JSON.parse((await runCli(['rollback', '--dry-run', '--json', '--root', root])).stdout)).toMatchObject({
      outcome: 'dry-run',
      paths: expect.arrayContaining(['/etc/default/grub']) as string[],
      edited: [],
      bySettings: [],
    });
    expect(writesIn(readFileSync(trace, 'utf8'))).toEqual([]);
    expect(differences(before, treeState(root, {times: true, history: true}))).toEqual({});
  },
);

describe.skipIf(!canTrace || !hasScript)(
  'the wizard (skipped where strace may not trace, or script(1) is missing)',
  () => {
    it('opens nothing for writing but the terminal on its way to the review, and Ctrl-C there leaves nothing behind', async () => {
      const root = unpackHost('ryzen-two-cards');
      const before = treeState(root, {times: true, history: true});
      const trace = join(directory, 'wizard');
      const wizard = openTerminal(`${tracing(trace).join(' ')} ${commandLine(['--root', root])}`, {cwd: root, env});
      await wizard.see(/This machine/);
      wizard.type('\r');
      let step = await wizard.see(/step (\d+) of \d+ +([A-Z]\w*(?: \w+)*)/);
      const titles = [step[2]];
      while (step[2] !== 'Review') {
        wizard.type('\r');
        step = await wizard.see(new RegExp(`step (${Number(step[1]) + 1}) of \\d+ +([A-Z]\\w*(?: \\w+)*)`));
        titles.push(step[2]);
      }
      expect(titles).toEqual(['Host checks', 'Device', 'CPU', 'Memory', 'Guest', 'Review']);
      wizard.type('\u001B[B');
      await wizard.see(/\+\+\+|diff|@@/);
      wizard.type('\u0003');
      await wizard.ended;
      expect(writesIn(readFileSync(trace, 'utf8'))).toEqual([]);
      expect(differences(before, treeState(root, {times: true, history: true}))).toEqual({});
    });
  },
);
