import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {tmpdir} from 'node:os';
import {relative, resolve} from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

/** The built program as users start it; `npm test` builds first. VFIO_PILOT_PROGRAM names another one, such as an installed one. */
export const program = process.env['VFIO_PILOT_PROGRAM'] ?? resolve(repository, 'bin/vfio-pilot.js');

/** One executable without Node starts by itself. */
const isScript = program.endsWith('.js');
const start: readonly string[] = isScript ? [process.execPath, program] : [program];

/** How hints name it when it is started from the repository, as `runCli` does. */
export const programName = isScript ? `node ${relative(repository, program)}` : program;

export const profilePath = (name: string): string => resolve(repository, 'profiles', `${name}.yaml`);

export type CliResult = {
  readonly stdout: string;
  readonly stderr: string;
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
};

export type CliSettings = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In front of the program, `['strace', '-f', …]`. */
  readonly prefix?: readonly string[];
};

/** A built environment: what the tester has set (NO_COLOR, CI) must not decide what is seen. */
const environment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: process.env['HOME'] ?? '/',
  LANG: 'C.UTF-8',
  TMPDIR: tmpdir(),
};

export const spawnCli = (
  args: readonly string[],
  {env = {}, cwd = repository, prefix = []}: CliSettings = {},
): ChildProcessWithoutNullStreams => {
  const [file = process.execPath, ...rest] = [...prefix, ...start, ...args];
  return spawn(file, rest, {cwd, env: {...environment, ...env}});
};

/** Runs the program to its end with an empty standard input that is no terminal. */
export const runCli = (args: readonly string[], settings: CliSettings = {}): Promise<CliResult> => {
  const child = spawnCli(args, settings);
  child.stdin.end();
  return collect(child);
};

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** The program with these arguments as a line for a shell. */
export const commandLine = (args: readonly string[]): string => [...start, ...args].map(quote).join(' ');

export const runShell = (line: string, env: Readonly<Record<string, string>> = {}): Promise<CliResult> => {
  const child = spawn('bash', ['-c', line], {cwd: repository, env: {...environment, ...env}});
  child.stdin.end();
  return collect(child);
};

/** The same program with a terminal of 80 columns on its standard output and error, and no pager; both come back as `stdout`. */
export const runOnTerminal = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> =>
  runShell(`script -qec ${quote(`stty cols 80 rows 24; exec ${commandLine(args)}`)} /dev/null`, {
    TERM: 'xterm-256color',
    PAGER: 'cat',
    ...env,
  });

export const collect = (child: ChildProcessWithoutNullStreams): Promise<CliResult> => {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (exitCode, signal) =>
      done({stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), exitCode, signal}),
    );
  });
};
