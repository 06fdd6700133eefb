import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type CliResult, runCli} from '../support/run-cli.ts';

/**
 * The n-th call of that name by the program's main thread. The writer is synchronous, so `index`, among those below the
 * root and from 0, is the same in each run; `number` is not that of `write`, as Node wakes its other threads with it,
 * more often on one machine than on another.
 */
export type CallPoint = {
  readonly name: string;
  readonly number: number;
  readonly index: number;
  readonly line: string;
};

const names = [
  'openat',
  'write',
  'fsync',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'rmdir',
  'symlink',
  'chmod',
  'fchmod',
  'fchown',
  'lchown',
];

/** Whether programs can be traced here; a container may not allow it. */
export const canTrace =
  spawnSync('strace', ['-f', '--seccomp-bpf', '-e', 'trace=openat', '-e', 'inject=openat:error=EIO:when=9999', 'true'])
    .status === 0;

/** Runs the program and names every call with which it changes something below `root`. */
export const recordCalls = (
  root: string,
  args: readonly string[],
): Promise<{readonly points: readonly CallPoint[]; readonly result: CliResult}> =>
  withLog(async (log) => {
    const result = await runCli(args, {
      prefix: ['strace', '-f', '-y', '--seccomp-bpf', '-o', log, '-e', `trace=${names.join(',')}`],
    });
    return {points: parsePoints(readFileSync(log, 'latin1'), root), result};
  });

const parsePoints = (log: string, root: string): readonly CallPoint[] => {
  const counts = new Map<string, number>();
  const points: CallPoint[] = [];
  const main = /^\d+/u.exec(log)?.[0];
  for (const line of log.split('\n').filter((line) => line.startsWith(`${main} `))) {
    const [, name, rest] = /^\d+ +(\w+)(\(.*)$/u.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    if (!isMutation(name, rest, root)) continue;
    const index = points.filter((point) => point.name === name).length;
    points.push({name, number, index, line: `${name}${rest}`});
  }
  return points;
};

const isMutation = (name: string, rest: string, root: string): boolean => {
  if (name === 'openat') return rest.includes('O_CREAT') && rest.includes('"/proc/self/fd/');
  return name === 'write' || name === 'fsync' ? rest.includes(`<${root}/`) : true;
};

/**
 * Runs the program; at that call `signal=KILL` or `error=ENOSPC` happens to it. `hit` is where it did, `null` when it
 * was not below `root`; `points` are the calls of that name in this run.
 * Without `--seccomp-bpf`, with which strace 6.1 loses the signals that it is to inject.
 */
export const runInjected = (
  point: CallPoint,
  what: string,
  root: string,
  args: readonly string[],
): Promise<{readonly hit: string | null; readonly points: readonly CallPoint[]; readonly result: CliResult}> =>
  withLog(async (log) => {
    const {name, number} = point;
    const result = await runCli(args, {
      prefix: [
        'strace',
        '-f',
        '-y',
        '-qqq',
        '-o',
        log,
        '-e',
        `trace=${name}`,
        '-e',
        `inject=${name}:${what}:when=${number}`,
      ],
    });
    const text = readFileSync(log, 'latin1');
    const line = text.split('\n').find((one) => one.includes('(INJECTED)')) ?? '';
    return {result, hit: isMutation(name, line, root) ? line : null, points: parsePoints(text, root)};
  });

const withLog = async <Result>(use: (log: string) => Promise<Result>): Promise<Result> => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-strace-'));
  try {
    return await use(join(directory, 'log'));
  } finally {
    rmSync(directory, {recursive: true});
  }
};
