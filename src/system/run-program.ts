import {execa, execaSync} from 'execa';
import type {RunRequest, RunResult} from './machine.ts';
import type {Runner} from './source.ts';
import {programEnvironment, trustedProgram} from './trusted-program.ts';

/** Every program that is run starts here: an absolute path, arguments without a shell, nothing of the caller's environment. */
const settings = {
  env: {...programEnvironment},
  extendEnv: false,
  cwd: '/',
  killSignal: 'SIGKILL',
  stripFinalNewline: false,
  reject: false,
} as const;

type Ended = {readonly isDone: boolean; readonly stdout: string; readonly stderr: string; readonly problem: string};

/** Waits for a program that is quick; it may have open `files`, as descriptors 3, 4 … */
export const runToEnd = (
  file: string,
  args: readonly string[],
  {timeoutMs, files = []}: {readonly timeoutMs: number; readonly files?: readonly number[]},
): Ended => {
  const result = execaSync(file, args, {
    ...settings,
    stdio: ['ignore', 'pipe', 'pipe', ...files.filter(isDescriptor)],
    timeout: timeoutMs,
    maxBuffer: maximumReadBytes,
  });
  return {
    isDone: !result.failed,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    problem: result.shortMessage ?? '',
  };
};

/** Any number works; the types of execa have the first few only. */
const isDescriptor = (fd: number): fd is 3 => fd > 2;

const maximumReadBytes = 16 * 1024 * 1024;
const readingMs = 15_000;
/** Programs that unpack a whole boot image. */
const listers: readonly string[] = ['lsinitramfs', 'lsinitrd', 'lsinitcpio'];
const listingMs = 120_000;

/** stdout of a program that only reads; `null` when it is not installed, not trusted, fails, hangs or says too much. */
export const readOnlyRunner: Runner = (program, args) => {
  const path = trustedProgram(program);
  if (path === null) return null;
  const {isDone, stdout} = runToEnd(path, args, {timeoutMs: listers.includes(program) ? listingMs : readingMs});
  return isDone ? stdout : null;
};

const maximumLines = 20;
const maximumLineLength = 500;

/** The last lines of a stream; a carriage return starts the line anew, as progress bars do. */
const createTail = (
  onChange: (lines: readonly string[]) => void,
): {add: (chunk: Buffer) => void; lines: () => readonly string[]} => {
  let complete: readonly string[] = [];
  let open = '';
  const lines = (): readonly string[] => (open === '' ? complete : [...complete, open]).slice(-maximumLines);
  return {
    lines,
    add: (chunk) => {
      const pieces = (open + printable(chunk.toString('utf8')))
        .split('\n')
        .map((line) => line.slice(line.lastIndexOf('\r') + 1).slice(0, maximumLineLength));
      open = pieces.pop() ?? '';
      complete = [...complete, ...pieces].slice(-maximumLines);
      onChange(lines());
    },
  };
};

/** A program's output must not be able to steer the terminal. */
const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/\u001B\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/gu, '');

/**
 * Hands text to a program that has the terminal, and waits until it ends; it need not read all of it. `false` where it
 * could not be started. Unlike the others it may be of the person's own choice, in their environment.
 */
export const feedProgram = async (
  file: string,
  args: readonly string[],
  {text, env}: {readonly text: string; readonly env: Readonly<Record<string, string | undefined>>},
): Promise<boolean> => {
  const child = execa(file, args, {...settings, env, input: text, stdout: 'inherit', stderr: 'inherit'});
  await child;
  return child.pid !== undefined;
};

/** The same for one whose answer is wanted; what it has to say besides goes to the terminal. */
export const askProgram = async (
  file: string,
  args: readonly string[],
  {text, env}: {readonly text: string; readonly env: Readonly<Record<string, string | undefined>>},
): Promise<{readonly isStarted: boolean; readonly exitCode: number | null; readonly stdout: string}> => {
  const child = execa(file, args, {...settings, env, input: text, stderr: 'inherit', maxBuffer: maximumAnswer});
  const {exitCode, stdout} = await child;
  return {isStarted: child.pid !== undefined, exitCode: exitCode ?? null, stdout: stdout ?? ''};
};

const maximumAnswer = 256 * 1024 * 1024;

const maximumOutput = 64 * 1024 * 1024;
const graceMilliseconds = 5000;
const pollMilliseconds = 20;

/**
 * Runs one program in a process group of its own, so that a stop reaches what it started too (update-grub is a
 * tree of shells). Stopping and waiting are done here: execa stops the child alone, and waits for its pipes, which a
 * grandchild can hold open for ever.
 */
export const runProgram = (file: string, request: RunRequest): Promise<RunResult> =>
  new Promise((resolve) => {
    const [, ...args] = request.argv;
    const child = execa(file, args, {
      ...settings,
      stdin: 'ignore',
      buffer: false,
      detached: true,
      cleanup: false,
    });
    const tail = createTail(request.onOutput);
    const chunks: Buffer[] = [];
    let size = 0;
    let stopped: string | null = null;
    let killTimer: NodeJS.Timeout | undefined;

    const stop = (why: string): void => {
      if (stopped !== null) return;
      stopped = why;
      signalGroup(child.pid, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMilliseconds);
    };
    const onAbort = (): void => stop('it was interrupted');
    const timer = setTimeout(
      () => stop(`it took longer than ${request.timeoutSeconds} s`),
      request.timeoutSeconds * 1000,
    );
    request.signal.addEventListener('abort', onAbort, {once: true});
    if (request.signal.aborted) onAbort();

    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maximumOutput) return stop('it wrote too much');
      chunks.push(chunk);
      tail.add(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => tail.add(chunk));

    const finish = (exitCode: number | null, problem: string | null): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      request.signal.removeEventListener('abort', onAbort);
      resolve({
        state: 'ended',
        exitCode,
        problem: stopped ?? problem,
        stdout: Buffer.concat(chunks).toString('utf8'),
        lastLines: tail.lines(),
      });
    };
    void child.then((result) => {
      if (child.pid === undefined) finish(null, result.originalMessage ?? 'it could not be started');
    });
    child.once('exit', (exitCode, signal) => {
      const problem =
        signal !== null ? `it was ended by ${signal}` : exitCode === 0 ? null : `it ended with code ${exitCode}`;
      const end = (): void => {
        child.stdout.destroy();
        child.stderr.destroy();
        finish(exitCode, problem);
      };
      if (stopped !== null) whenGroupIsGone(child.pid, end);
      else whenClosed(child, end);
    });
  });

/** Output may still be in the pipes at the exit; a daemon that was left behind holds them open, hence the limit. */
const whenClosed = (child: {once: (event: 'close', listener: () => void) => unknown}, end: () => void): void => {
  const once = onlyOnce(end);
  const limit = setTimeout(once, 1000);
  child.once('close', () => {
    clearTimeout(limit);
    once();
  });
};

/**
 * After a stop nothing of the group may still write while files are put back. The limit is for groups that hold only
 * zombies, where process 1 of a container does not reap: SIGKILL came long before.
 */
const whenGroupIsGone = (pid: number | undefined, end: () => void, waited = 0): void => {
  if (pid === undefined || waited > graceMilliseconds + 1000 || !signalGroup(pid, 0)) return end();
  setTimeout(() => whenGroupIsGone(pid, end, waited + pollMilliseconds), pollMilliseconds);
};

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals | 0): boolean => {
  try {
    return pid !== undefined && process.kill(-pid, signal);
  } catch {
    return false;
  }
};

const onlyOnce = (call: () => void): (() => void) => {
  let isCalled = false;
  return () => {
    if (isCalled) return;
    isCalled = true;
    call();
  };
};
