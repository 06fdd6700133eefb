import {spawn} from 'node:child_process';
import {patience} from './patience.js';

const groups = new Set();

/** Starts a program as the leader of its own process group, which ends with this one whatever happens. */
export const start = (program, args, options = {}) => {
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe'], ...options, detached: true});
  if (child.pid !== undefined) groups.add(child.pid);
  child.once('exit', () => groups.delete(child.pid));
  return child;
};

export const killGroup = (child) => {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

/** Runs a program to its end and returns its stdout; refuses to wait longer than `seconds`, with patience. */
export const run = (program, args, {seconds, cwd}) =>
  new Promise((resolve, reject) => {
    const child = start(program, args, {cwd});
    const output = {stdout: '', stderr: ''};
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
    const timer = setTimeout(
      () => {
        killGroup(child);
        reject(new Error(`${program} did not end within ${seconds * patience} s`));
      },
      seconds * patience * 1000,
    );
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(output.stdout);
      else reject(new Error(`${program} ended with ${code}:\n${(output.stdout + output.stderr).slice(-3000)}`));
    });
  });

const killAll = () => {
  for (const pid of groups) killGroup({pid});
};
process.once('exit', killAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.once(signal, () => process.exit(code));
