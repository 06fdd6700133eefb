import {spawn} from 'node:child_process';
import type {RunRequest, RunResult} from './machine.ts';
import {programEnvironment} from './trusted-program.ts';
import {createTail} from './tail.ts';

const maximumOutput = 64 * 1024 * 1024;
const graceMilliseconds = 5000;
const pollMilliseconds = 20;

/**
 * Runs one program in a process group of its own, so that a stop reaches what it started too (update-grub is a
 * tree of shells). node:child_process and not execa: execa stops the child alone and waits for its pipes, which a
 * grandchild can hold open for ever.
 */
export const runProgram = (file: string, request: RunRequest): Promise<RunResult> =>
  new Promise((resolve) => {
    const [, ...args] = request.argv;
    const child = spawn(file, args, {env: {...programEnvironment}, stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/'});
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
    const timer = setTimeout(() => stop(`it took longer than ${request.timeoutSeconds} s`), request.timeoutSeconds * 1000);
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
      resolve({state: 'ended', exitCode, problem: stopped ?? problem, stdout: Buffer.concat(chunks).toString('utf8'), lastLines: tail.lines()});
    };
    child.once('error', (error) => finish(null, error.message));
    child.once('exit', (exitCode, signal) => {
      const problem = signal !== null ? `it was ended by ${signal}` : exitCode === 0 ? null : `it ended with code ${exitCode}`;
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
