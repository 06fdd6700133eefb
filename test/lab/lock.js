import {spawn} from 'node:child_process';

/**
 * Holds a file's lock (flock(1)) until `release` or the end of this process, however it ends: the kernel gives it back.
 * Exclusive ones wait for all others, shared ones for an exclusive one; with `isImpatient` the answer is null instead.
 */
export const holdLock = (file, {isShared = false, isImpatient = false} = {}) =>
  new Promise((resolve, reject) => {
    const options = [
      isShared ? '--shared' : '--exclusive',
      ...(isImpatient ? ['--nonblock', '--conflict-exit-code', '75'] : []),
    ];
    // It ends when its standard input is closed, also by the death of this process.
    const child = spawn('flock', [...options, file, '/bin/sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => void child.once('close', done));
    const release = async () => {
      child.stdin.end();
      await ended;
    };
    child.once('error', reject);
    child.stdout.once('data', () => resolve({release}));
    child.once('close', (code) =>
      code === 75 ? resolve(null) : reject(new Error(`flock ${file} ended with ${code}`)),
    );
  });
