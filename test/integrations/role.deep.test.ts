import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {faultsOf} from '../support/json-documents.ts';
import {profilePath} from '../support/run-cli.ts';
import {hasAnsible, installCollection, python} from './collection.ts';
import {
  brokenPromises,
  confirmedDocument,
  type Document,
  errorDocument,
  readPlan,
  verifiedDocument,
} from './trial-documents.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-role-'));
afterAll(() => rmSync(directory, {recursive: true}));
const env = installCollection(directory);

/** How far a host is: what a trial leaves on it. `back`: the old system came back by itself, as nothing was confirmed. */
type State = 'none' | 'waiting' | 'running' | 'back' | 'done';
/** What the reboot of a host ends in. */
type Fate = 'comes back' | 'is lost' | 'comes back broken';

const hosts: readonly string[] = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7', 'h8'];

const home = (host: string, name = ''): string => join(directory, 'hosts', host, name);
const log = join(directory, 'log');

/** The program on a host: it goes by the state, and answers with documents that the schemas accept. */
const program = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
state=$(cat state)
echo "$(basename "$PWD") $*" | sed 's| /[^ ]*[.]yaml||; s| --json||' >> ${log}
say() { cat ${directory}/documents/$1.json; }
case "$1 $state" in
  'confirm none' | 'confirm done') say nothing-applied ;;
  'confirm running') case "$*" in
      *--dry-run*) say running ;;
      *) echo done > state; say confirmed ;;
    esac ;;
  confirm*) say not-running ;;
  'apply none') case "$*" in
      *--dry-run*) say planned ;;
      *) echo waiting > state; say applied ;;
    esac ;;
  apply*) say unchanged ;;
  'verify waiting') say pending ;;
  'verify back') say broken ;;
  verify*) if [ -e broken ]; then say broken; else say kept; fi ;;
esac
`;

/** What Ansible's reboot starts instead of \`shutdown\`. */
const reboot = (host: string, fate: Fate): string => `cd ${home(host)} || exit 1
echo "${host} reboot" >> ${log}
${fate === 'is lost' ? 'exit 0' : 'echo "second boot" > boot_id; echo running > state'}
${fate === 'comes back broken' ? 'touch broken' : ''}
`;

const setHost = (host: string, {state, fate}: {readonly state: State; readonly fate: Fate}): void => {
  rmSync(home(host), {recursive: true, force: true});
  mkdirSync(home(host), {recursive: true});
  writeFileSync(home(host, 'state'), state);
  writeFileSync(home(host, 'boot_id'), 'first boot\n');
  writeFileSync(home(host, 'vfio-pilot'), program, {mode: 0o755});
  writeFileSync(home(host, 'reboot'), reboot(host, fate));
};

const stateOf = (host: string): string => readFileSync(home(host, 'state'), 'utf8').trim();
const statesOf = (): Readonly<Record<string, string>> => Object.fromEntries(hosts.map((host) => [host, stateOf(host)]));

type Played = {
  /** What was done, host by host, in the order of the hosts' first step. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
  readonly failed: readonly string[];
  readonly changed: readonly string[];
  readonly stdout: string;
};

const play = (words: readonly string[] = []): Played =>
  run(['-i', join(directory, 'inventory.ini'), '--forks', '2', join(directory, 'play.yml'), ...words], directory);

const run = (words: readonly string[], cwd: string): Played => {
  writeFileSync(log, '');
  const {stdout} = spawnSync('ansible-playbook', words, {
    cwd,
    encoding: 'utf8',
    env: {...env, PWD: cwd, ANSIBLE_CONNECTION_PLUGINS: join(directory, 'connections')},
  });
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const recap = [...stdout.matchAll(/^(h[\w.]+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+)/gm)];
  return {
    stdout,
    steps: Object.fromEntries(
      [...new Set(lines.filter((line) => line !== '').map((line) => line.split(' ')[0] ?? ''))]
        .toSorted()
        .map((host) => [
          host,
          lines.flatMap((line) => (line.startsWith(`${host} `) ? [line.slice(host.length + 1)] : [])),
        ]),
    ),
    failed: recap.flatMap(([, host = '', , failed]) => (failed === '0' ? [] : [host])),
    changed: recap.flatMap(([, host = '', changed]) => (changed === '0' ? [] : [host])),
  };
};

const whole = ['confirm --dry-run', 'apply --trial --yes', 'reboot', 'verify', 'confirm --yes'];
const untilReboot = whole.slice(0, 3);
const again = ['confirm --dry-run', 'apply --trial --yes', 'verify', 'confirm --yes'];

describe.skipIf(!hasAnsible)('the role on eight folders in place of hosts, in turns of 1, 1, 2, 2 and 2', () => {
  const faults: string[] = [];
  beforeAll(async () => {
    const plan = await readPlan('dell-r710-gtx1050');
    const documents: Readonly<Record<string, readonly [schema: string, document: Document]>> = {
      'nothing-applied': ['error', errorDocument('nothing-applied')],
      'not-running': ['error', errorDocument('usage')],
      running: ['confirm', confirmedDocument(plan, 'dry-run')],
      confirmed: ['confirm', confirmedDocument(plan, 'applied')],
      planned: ['apply', plan],
      applied: ['apply', {...plan, outcome: 'applied', applied: 'r1', pending: true}],
      unchanged: ['apply', {...plan, outcome: 'nothing-to-do', rebootRequired: false, pending: false, changes: []}],
      pending: ['verify', verifiedDocument(true)],
      kept: ['verify', verifiedDocument(false)],
      broken: ['verify', verifiedDocument(false, brokenPromises)],
    };
    mkdirSync(join(directory, 'documents'));
    for (const [name, [schema, document]] of Object.entries(documents)) {
      for (const fault of await faultsOf(schema, document)) faults.push(`${name}: ${fault}`);
      writeFileSync(join(directory, 'documents', `${name}.json`), JSON.stringify(document));
    }
    mkdirSync(join(directory, 'connections'));
    cpSync(join(import.meta.dirname, 'tree-host.py'), join(directory, 'connections/tree_host.py'));
    // The playbook of the collection, on hosts that need no sudo.
    const playbook = readFileSync(
      join(directory, 'ansible_collections/vfio_pilot/host/playbooks/gpu_hosts.yml'),
      'utf8',
    );
    writeFileSync(join(directory, 'play.yml'), playbook.replace('become: true', 'become: false'));
    const lines = hosts.map((host) => `${host} folder=${home(host)} vfio_pilot_executable=${home(host)}/vfio-pilot`);
    writeFileSync(
      join(directory, 'inventory.ini'),
      `[gpu_hosts]\n${lines.join('\n')}\n\n[gpu_hosts:vars]\nansible_connection=tree_host\nansible_python_interpreter=${python}\nvfio_pilot_profile=${profilePath('dell-r710-gtx1050')}\nvfio_pilot_reboot_timeout=2\n`,
    );
    for (const host of hosts) setHost(host, {state: 'none', fate: 'comes back'});
  });

  it('has a stand-in for the program that prints what the schemas accept', () => expect(faults).toEqual([]));

  it('shows what it would do, and neither applies nor reboots', () => {
    const {steps, failed} = play(['--check']);
    expect(failed).toEqual([]);
    expect(Object.values(steps)).toEqual(hosts.map(() => ['confirm --dry-run', 'apply --trial --dry-run']));
    expect(new Set(Object.values(statesOf()))).toEqual(new Set(['none']));
  });

  it('ends at the first host that does not come back: its turn is not confirmed, and the next is not begun', () => {
    setHost('h4', {state: 'none', fate: 'is lost'});
    const {steps, failed, stdout} = play();
    expect(failed).toEqual(['h4']);
    expect(stdout).toContain('Timed out waiting for last boot time check');
    expect(steps).toEqual({h1: whole, h2: whole, h3: untilReboot, h4: untilReboot});
    expect(statesOf()).toEqual({
      h1: 'done',
      h2: 'done',
      h3: 'running',
      h4: 'waiting',
      h5: 'none',
      h6: 'none',
      h7: 'none',
      h8: 'none',
    });
  });

  it('does not go on over a host that came back by itself, until its trial is dropped', () => {
    for (const host of ['h3', 'h4']) setHost(host, {state: 'back', fate: 'comes back'});
    const {steps, failed, changed} = play();
    expect(failed).toEqual(['h3', 'h4']);
    expect(changed).toEqual([]);
    expect(steps).toEqual({
      h1: again,
      h2: again,
      h3: ['confirm --dry-run', 'verify'],
      h4: ['confirm --dry-run', 'verify'],
    });
  });

  it('confirms no host on which a promise is broken, and ends there', () => {
    for (const host of ['h3', 'h4']) setHost(host, {state: 'none', fate: 'comes back'});
    setHost('h5', {state: 'none', fate: 'comes back broken'});
    const {steps, failed, stdout} = play();
    expect(failed).toEqual(['h5']);
    expect(stdout).toContain('broken: It is bound. It is not.');
    expect([steps['h3'], steps['h4']]).toEqual([whole, whole]);
    expect(steps['h5']).toEqual([...untilReboot, 'verify']);
    expect([steps['h7'], steps['h8']]).toEqual([undefined, undefined]);
    expect(stateOf('h5')).toBe('running');
  });

  it('ends with all of them done, and changes nothing once more', () => {
    for (const host of ['h5', 'h6']) setHost(host, {state: 'none', fate: 'comes back'});
    expect(play().failed).toEqual([]);
    expect(new Set(Object.values(statesOf()))).toEqual(new Set(['done']));
    const {steps, changed, failed} = play();
    expect([changed, failed]).toEqual([[], []]);
    expect(Object.values(steps)).toEqual(hosts.map(() => again));
  });

  it('applies, reboots and verifies where the boot loader has no trial, and is content with that', () => {
    for (const host of ['h1', 'h2']) setHost(host, {state: 'none', fate: 'comes back'});
    const words = ['--limit', 'h1,h2', '-e', '{"vfio_pilot_trial": false}'];
    const {steps, failed} = play(words);
    expect(failed).toEqual([]);
    const applied = ['apply --yes', 'reboot', 'verify'];
    expect(steps).toEqual({h1: applied, h2: applied});
    const second = play(words);
    expect([second.changed, second.failed]).toEqual([[], []]);
    expect(second.steps).toEqual({h1: ['apply --yes', 'verify'], h2: ['apply --yes', 'verify']});
  });

  it('runs from the inventory and the playbook of the page, with the executable that it copies', () => {
    const cwd = join(directory, 'as-written');
    mkdirSync(join(cwd, 'release'), {recursive: true});
    const page = readFileSync(join(import.meta.dirname, '../../docs/many-hosts.md'), 'utf8');
    const block = (beginning: string): string => {
      const found = [...page.matchAll(/^```\w+\n([^]*?)^```$/gm)].find(([, text]) => text?.startsWith(beginning));
      if (found?.[1] === undefined) throw new Error(`The page has no block that begins with ${beginning}`);
      return found[1];
    };
    writeFileSync(join(cwd, 'inventory.ini'), block('[gpu_hosts]'));
    writeFileSync(join(cwd, 'gpu_hosts.yml'), block('- hosts: gpu_hosts'));
    writeFileSync(join(cwd, 'inference.yaml'), block('version: 2'));
    writeFileSync(join(cwd, 'release/vfio-pilot-0.1.0-linux-x64'), program);
    const named = ['host1.example.org', 'host2.example.org'];
    for (const host of named) {
      setHost(host, {state: 'none', fate: 'comes back'});
      rmSync(home(host, 'vfio-pilot'));
    }
    // Other than on hosts: the connection, no sudo, and nothing goes to /usr/local/bin.
    const played = {
      ansible_connection: 'tree_host',
      ansible_become: false,
      ansible_python_interpreter: python,
      folder: home('{{ inventory_hostname }}'),
      vfio_pilot_executable: home('{{ inventory_hostname }}', 'vfio-pilot'),
    };
    const {steps, failed} = run(['-i', 'inventory.ini', 'gpu_hosts.yml', '-e', JSON.stringify(played)], cwd);
    expect(failed).toEqual([]);
    expect(steps).toEqual(Object.fromEntries(named.map((host) => [host, whole])));
    const checked = run(
      ['-i', 'inventory.ini', 'gpu_hosts.yml', '--check', '--diff', '-e', JSON.stringify(played)],
      cwd,
    );
    expect([checked.failed, checked.changed]).toEqual([[], []]);
    // The collection's own playbook lies elsewhere, and the files of the inventory are those of the folder all the same.
    const ofCollection = run(['-i', 'inventory.ini', 'vfio_pilot.host.gpu_hosts', '-e', JSON.stringify(played)], cwd);
    expect([ofCollection.failed, ofCollection.changed]).toEqual([[], []]);
    expect(ofCollection.steps).toEqual(Object.fromEntries(named.map((host) => [host, again])));
  });
});
