// What sshd starts for each session (ForceCommand) in place of the shell of dom0: the command that was sent, with the
// stand-in's tree and programs. `node session.mjs ROOT`
import {spawn} from 'node:child_process';
import {existsSync, readFileSync, unlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {argv, env, exit} from 'node:process';
import {captureOnStandIn, scriptOnStandIn} from './on-stand-in.mjs';

const [, , root] = argv;
const [shell, isPiped, ...words] = (env['SSH_ORIGINAL_COMMAND'] ?? '').split(' ');
if (shell !== 'sh' || isPiped !== '-s') {
  console.error(`The stand-in runs no ${env['SSH_ORIGINAL_COMMAND']}.`);
  exit(127);
}

const programs = join(root, 'stand-in');
const sent = readFileSync(0, 'utf8');
const isCapture = words.length === 0;
const text = isCapture ? captureOnStandIn(programs, sent) : scriptOnStandIn(programs, sent);

/** A file `hold` with a number in it: the script waits before that step until the file is gone, and says so in `held`. */
const hold = join(root, 'hold');
const step = /^ {2}: >"\$state\/command-\$1"$/m;
const waiting = `reached=$((\${reached:-0} + 1)); [ "$reached" != "$(cat '${hold}' 2>/dev/null)" ] || { : >'${root}/held'; while [ -e '${hold}' ]; do sleep 0.1; done; }`;

const child = spawn('/bin/dash', ['-s', ...words], {
  env: {ROOT: root},
  stdio: ['pipe', 'inherit', 'inherit'],
});
child.stdin.end(isCapture ? text : text.replace(step, (line) => `${waiting}\n${line}`));
child.on('exit', (code, signal) => {
  writeFileSync(join(root, 'ended'), `${signal ?? code}`);
  if (existsSync(join(root, 'held'))) unlinkSync(join(root, 'held'));
  exit(code ?? 1);
});
// The connection is gone: the script goes on until it says something, as in dom0.
for (const name of ['SIGHUP', 'SIGTERM']) process.on(name, () => child.kill(name));
