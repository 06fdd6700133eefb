import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {faultsOf} from '../support/json-documents.ts';
import {profilePath, program} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {hasAnsible, installCollection, python} from './collection.ts';
import {
  brokenPromises,
  confirmedDocument,
  type Document,
  errorDocument,
  readPlan,
  verifiedDocument,
} from './trial-documents.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-ansible-'));
afterAll(() => rmSync(directory, {recursive: true}));
const env = installCollection(directory);
const modules = resolve(import.meta.dirname, '../../integrations/ansible/plugins/modules');
const host = 'dell-r710-gtx1050';

type Result = Document;

/** Starts a module as Ansible does on a host: its arguments are JSON on standard input. */
const run = (
  name: string,
  args: object,
  mode: 'run' | 'check' | 'diff' = 'run',
  environment: Readonly<Record<string, string>> = {},
): Result => {
  const input = JSON.stringify({
    ANSIBLE_MODULE_ARGS: {
      executable: program,
      ...args,
      _ansible_check_mode: mode === 'check',
      _ansible_diff: mode === 'diff',
      _ansible_remote_tmp: directory,
    },
  });
  const {stdout, stderr} = spawnSync(python, [join(modules, `${name}.py`)], {
    input,
    encoding: 'utf8',
    env: {...env, ...environment},
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Result;
};

const content = readFileSync(profilePath(host), 'utf8');

describe.skipIf(!hasAnsible)('the modules for Ansible, on a tree', () => {
  it('apply a profile once, say so in check mode, and take it back', () => {
    const root = unpackHost(host);
    const before = treeState(root);
    const profile = {content, name: `${host}.yaml`, root};
    expect(run('profile', profile, 'check')).toMatchObject({
      changed: true,
      outcome: 'dry-run',
      reboot_required: true,
      paths: expect.arrayContaining(['/etc/default/grub']) as object,
      commands: expect.arrayContaining([['/usr/bin/systemctl', 'daemon-reload']]) as object,
    });
    expect(differences(before, treeState(root))).toEqual({});
    const applied = run('profile', {path: profilePath(host), root}, 'diff');
    expect(applied).toMatchObject({changed: true, outcome: 'applied', pending: true});
    expect(JSON.stringify(applied['diff'])).toContain('+++ /etc/default/grub');
    // By its text or by its path, it is the same profile.
    expect(run('profile', profile)).toMatchObject({changed: false, outcome: 'nothing-to-do', reboot_required: true});

    // Nothing is left to be tried, wherever it was confirmed or applied.
    expect(run('trial', profile)).toMatchObject({changed: false, state: 'none', reboot_required: true});

    expect(run('verify', {root})).toMatchObject({failed: true, msg: expect.stringContaining('pending: ') as string});
    expect(run('verify', {root, allow_pending: true})).toMatchObject({changed: false, pending: true});
    expect(run('rollback', {root}, 'check')).toMatchObject({changed: true, outcome: 'dry-run'});
    expect(run('rollback', {root})).toMatchObject({changed: true, outcome: 'rolled-back', run: applied['run']});
    expect(run('rollback', {root})).toMatchObject({changed: false, outcome: 'nothing-to-do'});
    expect(run('verify', {root})).toMatchObject({failed: true, code: 'nothing-applied'});
  });

  it.skipIf(process.geteuid?.() !== 0)('reach their own files where sudo has made them root (needs root)', () => {
    const root = unpackHost(host);
    const bySudo = {SUDO_UID: '65534', SUDO_GID: '65534'};
    expect(run('profile', {content, root}, 'check', bySudo)).toMatchObject({changed: true, outcome: 'dry-run'});
    // One that only root may read, in a folder where others may look.
    const path = join(root, 'etc/mine.yaml');
    writeFileSync(path, content, {mode: 0o600});
    expect(run('profile', {path, root}, 'check', bySudo)).toMatchObject({changed: true, outcome: 'dry-run'});
  });

  it('read the facts', () => {
    expect(run('facts', {root: unpackHost(host)})).toMatchObject({
      changed: false,
      ansible_facts: {vfio_pilot: {cpu: {model: 'Intel(R) Xeon(R) CPU E5645 @ 2.40GHz'}}},
    });
  });

  it('fail with what is wrong and what to do', () => {
    const root = unpackHost(host);
    writeFileSync(join(root, 'sys/bus/pci/devices/0000:06:00.0/device'), '0x1c82\n');
    expect(run('profile', {content, root})).toMatchObject({
      failed: true,
      msg: expect.stringMatching(/blocked on this host: .*1c82/) as string,
    });
    expect(run('profile', {content: content.replace('vcpus:', 'vcpu:'), name: 'mine.yaml', root})).toMatchObject({
      failed: true,
      msg: expect.stringMatching(/mine\.yaml:\d+:\d+: .*vcpu/) as string,
    });
    expect(run('profile', {path: '/none.yaml', root})).toMatchObject({failed: true, code: 'usage'});
    expect(run('profile', {root})).toMatchObject({failed: true, msg: expect.stringContaining('one of') as string});
    expect(run('profile', {content, name: '..', root})).toMatchObject({
      failed: true,
      msg: expect.stringContaining('is no file name') as string,
    });
    expect(run('facts', {executable: '/bin/true'})).toMatchObject({
      failed: true,
      msg: expect.stringContaining('/bin/true printed no document') as string,
    });
    expect(run('trial', {content, root: unpackHost(host)})).toMatchObject({
      failed: true,
      msg: expect.stringContaining('A trial boot is not possible here') as string,
    });
  });
});

/** No tree boots: the documents of a trial come from a program that prints what a test gives it, checked with the schemas. */
describe.skipIf(!hasAnsible)('the modules about a trial, with a stand-in for the program', () => {
  let plan: Result = {};
  beforeAll(async () => {
    plan = await readPlan(host);
  });

  const standIn = async (documents: Readonly<Record<string, Result>>): Promise<string> => {
    const home = mkdtempSync(join(directory, 'stand-in-'));
    for (const [verb, document] of Object.entries(documents)) {
      const name = 'error' in document ? 'error' : verb;
      expect([verb, await faultsOf(name, document)]).toEqual([verb, []]);
      writeFileSync(join(home, `${verb}.json`), JSON.stringify(document));
    }
    const file = join(home, 'program');
    writeFileSync(file, `#!/bin/sh\necho "$*" >> ${home}/calls\nexec cat ${home}/$1.json\n`, {mode: 0o755});
    return file;
  };
  const callsOf = (file: string): string => readFileSync(join(file, '../calls'), 'utf8');

  it('set it up where there is none', async () => {
    const executable = await standIn({
      confirm: errorDocument('nothing-applied'),
      apply: {...plan, outcome: 'applied', applied: 'r1'},
    });
    expect(run('trial', {executable, path: '/p.yaml'})).toMatchObject({
      changed: true,
      state: 'waiting',
      reboot_required: true,
    });
    expect(callsOf(executable)).toBe('confirm --dry-run --json\napply /p.yaml --trial --yes --json\n');
  });

  it('leave one that waits, one that runs, and a profile that is applied', async () => {
    const waiting = await standIn({confirm: errorDocument('usage'), verify: verifiedDocument(true)});
    expect(run('trial', {executable: waiting, path: '/p.yaml'})).toMatchObject({
      changed: false,
      state: 'waiting',
      reboot_required: true,
    });
    const running = await standIn({confirm: confirmedDocument(plan, 'dry-run')});
    expect(run('trial', {executable: running, path: '/p.yaml'})).toMatchObject({
      changed: false,
      state: 'running',
      reboot_required: false,
    });
    const done = await standIn({
      confirm: errorDocument('nothing-applied'),
      apply: {...plan, outcome: 'nothing-to-do', pending: false, changes: []},
    });
    expect(run('trial', {executable: done, path: '/p.yaml'})).toMatchObject({
      changed: false,
      state: 'none',
      reboot_required: false,
    });
  });

  it('fail on a host that came back from a trial by itself', async () => {
    const back = await standIn({confirm: errorDocument('usage'), verify: verifiedDocument(false)});
    for (const name of ['trial', 'confirm'])
      expect(run(name, {executable: back, ...(name === 'trial' ? {path: '/p.yaml'} : {})})).toMatchObject({
        failed: true,
        msg: 'It is so. Do that.',
      });
    expect(callsOf(back)).not.toContain('apply');
  });

  it('confirm one that is good, and none that is not', async () => {
    expect(run('confirm', {executable: await standIn({confirm: confirmedDocument(plan, 'applied')})})).toMatchObject({
      changed: true,
      run: 'r1',
    });
    expect(
      run('confirm', {executable: await standIn({confirm: confirmedDocument(plan, 'broken', brokenPromises)})}),
    ).toMatchObject({
      failed: true,
      msg: 'Not confirmed: It is bound. It is not.',
    });
    expect(run('confirm', {executable: await standIn({confirm: errorDocument('nothing-applied')})})).toMatchObject({
      changed: false,
    });
  });
});
