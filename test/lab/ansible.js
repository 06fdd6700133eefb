import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {expectTrue} from './expect.js';
import {importTypeScript} from './import-typescript.js';
import {patience} from './patience.js';
import {killGroup, start} from './processes.js';

const {hasAnsible, installCollection} = await importTypeScript(
  new URL('../integrations/collection.ts', import.meta.url).pathname,
);

/**
 * Ansible with the collection of this checkout, started in `folder`. Its programs are run with their real connections; an
 * answer is their exit code, all that they printed, and the recap by host: counts, and the seconds of its turn.
 */
export const openAnsible = (folder, say) => {
  expectTrue(
    hasAnsible,
    'There is no Ansible here: apt-get install --no-install-recommends ansible-core openssh-client',
  );
  const env = {
    ...installCollection(folder),
    // As a shell has it; the playbooks of the collection look for files there.
    PWD: folder,
    // Ansible's own default, on hosts that are no folders of this machine.
    ANSIBLE_REMOTE_TEMP: '~/.ansible/tmp',
    // Of a connection until sshd has agreed on its keys.
    ANSIBLE_TIMEOUT: String(30 * patience),
  };

  const run = (program, words, seconds) =>
    new Promise((resolve, reject) => {
      const child = start(program, words, {cwd: folder, env});
      const turns = readTurns(say);
      const log = (text) => appendFileSync(join(folder, 'ansible.log'), text);
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        log(text);
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', log);
      createInterface({input: child.stdout}).on('line', turns.read);
      const timer = setTimeout(
        () => {
          killGroup(child);
          reject(new Error(`${program} did not end within ${seconds * patience} s:\n${stdout.slice(-3000)}`));
        },
        seconds * patience * 1000,
      );
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({code, stdout, recap: readRecap(stdout, turns.secondsOf)});
      });
    });

  return {
    play: (playbook, {words = [], seconds}) =>
      run('ansible-playbook', ['-i', 'inventory.ini', playbook, ...words], seconds),
    module: (host, module, seconds) => run('ansible', ['-i', 'inventory.ini', '--become', '-m', module, host], seconds),
  };
};

/** Says each result when it comes, with the seconds since its task began; the turn of a host begins with a play. */
const readTurns = (say) => {
  const seconds = new Map();
  let [turn, task] = [Date.now(), {name: '', begun: Date.now()}];
  const since = (begun) => Math.round((Date.now() - begun) / 1000);
  const read = (line) => {
    if (line.startsWith('PLAY [')) turn = Date.now();
    const [, name] = /^TASK \[(?:.* : )?(.*)\] \*/.exec(line) ?? [];
    if (name !== undefined) task = {name, begun: Date.now()};
    const [, word, host] = /^(ok|changed|fatal): \[([^\]]+)\]/.exec(line) ?? [];
    if (host === undefined) return;
    seconds.set(host, since(turn));
    say(`${host}  ${task.name}: ${word === 'fatal' ? 'FAILED' : word}, ${since(task.begun)} s`);
  };
  return {read, secondsOf: (host) => seconds.get(host) ?? null};
};

const readRecap = (stdout, secondsOf) =>
  [...stdout.matchAll(/^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)/gm)].map(
    ([, host, ok, changed, unreachable, failed]) => ({
      host,
      ok: Number(ok),
      changed: Number(changed),
      unreachable: Number(unreachable),
      failed: Number(failed),
      seconds: secondsOf(host),
    }),
  );

/** One line for each host, under a line of titles. */
export const renderRecap = (recap) =>
  [
    ['host', 'ok', 'changed', 'unreachable', 'failed', 'seconds'],
    ...recap.map(({host, ok, changed, unreachable, failed, seconds}) => [
      host,
      ok,
      changed,
      unreachable,
      failed,
      seconds,
    ]),
  ].map((cells) =>
    cells
      .map((cell) => String(cell).padEnd(12))
      .join('')
      .trimEnd(),
  );
