import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {parseXlConfig, xlTextOf} from '../../../src/formats/xl-config/parse.ts';
import {poolPromises} from '../../../src/hypervisor/xen/pool/guest-pool.ts';
import {xenPlanOf} from '../../../src/hypervisor/xen/xen-facts.ts';
import {applyTo, expectNothingToDo} from '../../cli/plan-document.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {profilePath, runCli} from '../../support/run-cli.ts';
import {differences, treeState} from '../../support/tree-state.ts';
import {xenFacts, xlOutput} from '../../support/xen-facts.ts';
import {codesOf, decide, findingOf, textOf, type Wish} from './decide.ts';

const path = '/etc/xen/win.cfg';
const file = '/etc/xen/vfio-pilot-pool-win.cfg';
const script = '/usr/local/lib/vfio-pilot/pool-win';
const unit = '/etc/systemd/system/vfio-pilot-pool-win.service';
const own: Wish = {cpu: {pool: 'own'}};
const host = xenFacts();
const pathsOf = (facts: typeof host, wish: Wish = {}): readonly string[] =>
  decide(facts, wish)
    .changes.filter(({path: one}) => one.includes('pool'))
    .map(({kind, path: one}) => `${kind} ${one}`);
const written = (facts: typeof host, wish: Wish) =>
  Object.fromEntries([path, file, script, unit].map((one) => [one, textOf(facts, one, wish) ?? '']));

describe('a pool of CPUs for one guest', () => {
  it('is made where the profile asks for it, and nowhere else', () => {
    expect(pathsOf(host)).toEqual([]);
    expect(pathsOf(host, own)).toEqual([
      `create ${file}`,
      `create ${script}`,
      `create ${unit}`,
      'create /etc/systemd/system/multi-user.target.wants/vfio-pilot-pool-win.service',
    ]);
    expect(codesOf(host, own)).toEqual(codesOf(host));
  });

  it('has whole cores, and its guest runs in it', () => {
    const text = textOf(host, file, own) ?? '';
    const parsed = parseXlConfig(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(['name', 'cpus', 'sched'].map((name) => xlTextOf(parsed.settings, name))).toEqual([
      'vfio-pilot-win',
      '2-3',
      null,
    ]);
    expect(textOf(host, path, own)).toContain('pool = "vfio-pilot-win"\n');
    expect(textOf(host, file, {cpu: {pool: 'credit2'}})).toContain('sched = "credit2"\n');
  });

  it('is made after xl answers, and before guests start', () => {
    const text = textOf(host, unit, own) ?? '';
    expect(text).toMatch(/^After=.*\bxenstored\.service\b/m);
    expect(text).toMatch(/^Before=.*\bxendomains\.service\b/m);
  });

  it('goes, with the setting of its guest, when the profile asks for it no more', () => {
    const facts = xenFacts(written(host, own));
    // Links are not among the files here.
    expect(pathsOf(facts, own).filter((one) => !one.includes('.wants/'))).toEqual([]);
    expect(pathsOf(facts)).toEqual([`remove ${unit}`, `remove ${script}`, `remove ${file}`]);
    expect(textOf(facts, path)).not.toContain('pool');
  });

  it('leaves a pool of others in the guest’s file where none is asked for', () => {
    const facts = xenFacts({[path]: 'name = "win"\ntype = "hvm"\npool = "night"\n'});
    expect(textOf(facts, path)).toContain('pool = "night"\n');
    expect(textOf(facts, path, own)).toContain('pool = "vfio-pilot-win"\n');
  });

  const xenArguments = (text: string) => ({
    '/etc/default/grub.d/xen.cfg': `GRUB_CMDLINE_XEN_DEFAULT="loglvl=all ${text}"\n`,
  });

  it.each([
    ['that dom0 is pinned to', xenArguments('dom0_max_vcpus=1-4 dom0_vcpus_pin'), own, 'blocker'],
    ['that dom0 is pinned to, as it has all', xenArguments('dom0_vcpus_pin'), own, 'blocker'],
    [
      'of which one is another guest’s',
      {'/etc/xen/mail.cfg': 'name = "mail"\ntype = "pvh"\nmemory = 256\nvcpus = 1\ncpus = ["3"]\n'},
      {cpu: {pool: 'own', pins: [2, 3]}},
      'blocker',
    ],
    ['that are all', {}, {cpu: {pool: 'own', vcpus: 4, pins: [0, 1, 2, 3]}}, 'blocker'],
    [
      'that another pool has',
      {
        [xlOutput('cpupool-list', '-c')]:
          'Name               CPU list\nPool-node0         0,1\nPool-node1         2,3\n',
      },
      own,
      'warning',
    ],
  ] as const)('failure mode 104: of CPUs %s is reported', (_, changed, wish, severity) => {
    expect(findingOf(xenFacts(changed), 'xen-own-pool', wish as Wish)?.severity).toBe(severity);
  });

  it('leaves dom0 alone that is pinned to other CPUs', () => {
    expect(findingOf(xenFacts(xenArguments('dom0_max_vcpus=2 dom0_vcpus_pin')), 'xen-own-pool', own)).toBeUndefined();
  });

  const list = (text: string) => ({[xlOutput('cpupool-list', '-c')]: `Name               CPU list\n${text}`});
  const promises = (changed: Parameters<typeof xenFacts>[0]) =>
    poolPromises(xenFacts(changed), xenPlanOf(decide(host, own).plan)).map(({id, status}) => `${id} ${status}`);

  it.each([
    ['xen-own-pool kept', list('Pool-0             0,1\nvfio-pilot-win     2,3\n')],
    ['xen-own-pool broken', list('Pool-0             0,1,2,3\n')],
    ['xen-own-pool broken', list('Pool-0             0,1,3\nvfio-pilot-win     2\n')],
    ['xen-own-pool unknown', {[xlOutput('cpupool-list', '-c')]: null}],
  ])('failure mode 104: is %s as xl shows the pools', (wanted, changed) => {
    expect(promises(changed)).toEqual([wanted]);
  });
});

it('a pool is applied once, waits for the boot that makes it, and is rolled back to the byte', async () => {
  const root = unpackHost('xen-desktop');
  writeFileSync(
    join(root, xlOutput('cpupool-list', '-c')),
    'Name               CPU list\nPool-0             0,1,2,3\n',
  );
  const before = treeState(root);
  const place = mkdtempSync(join(tmpdir(), 'vfio-pilot-pool-'));
  const profile = join(place, 'profile.yaml');
  writeFileSync(profile, readFileSync(profilePath('xen-desktop'), 'utf8').replace('vcpus: 2', 'vcpus: 2\n  pool: own'));
  await applyTo(profile, root);
  await expectNothingToDo(profile, root);
  const {promises} = JSON.parse((await runCli(['verify', '--root', root, '--json'])).stdout) as {
    readonly promises: readonly {readonly id: string; readonly status: string}[];
  };
  expect(promises.find(({id}) => id === 'xen-own-pool')).toMatchObject({status: 'pending'});
  expect((await runCli(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
  expect(differences(before, treeState(root))).toEqual({});
  rmSync(place, {recursive: true});
});

/** Our own stand-in for xl, after what it did with pools in a dom0 of Debian 12 with Xen 4.17. */
const xl = (root: string): string => `#!/bin/dash
echo "$*" >>'${root}/log'
pools='${root}/pools'
[ ! -e '${root}/down' ] || exit 1
case $1 in
cpupool-list) [ -z "\${2:-}" ] || [ -e "$pools/$2" ] ;;
cpupool-cpu-remove) [ -e "$pools/$2/$3" ] && rm "$pools/$2/$3" ;;
cpupool-cpu-add) ls "$pools"/*/"$3" >/dev/null 2>&1 && exit 1; : >"$pools/$2/$3" ;;
cpupool-create)
  [ ! -e '${root}/refuses' ] || { echo 'illegal scheduler'; exit 1; }
  for cpu in 2 3; do
    ls "$pools"/*/$cpu >/dev/null 2>&1 && { echo "cpu $cpu illegal or not free"; exit 1; }
  done
  mkdir "$pools/vfio-pilot-win" && : >"$pools/vfio-pilot-win/2" && : >"$pools/vfio-pilot-win/3"
  ;;
*) exit 1 ;;
esac
`;

describe('the script of the pool, on a stand-in for xl of our own', () => {
  const roots: string[] = [];
  afterAll(() => {
    for (const root of roots) rmSync(root, {recursive: true, force: true});
  });

  const machine = () => {
    const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-pool-'));
    roots.push(root);
    for (const name of ['run', 'bin', 'pools/Pool-0']) mkdirSync(join(root, name), {recursive: true});
    for (const cpu of [0, 1, 2, 3]) writeFileSync(join(root, 'pools/Pool-0', String(cpu)), '');
    writeFileSync(join(root, 'bin/xl'), xl(root), {mode: 0o755});
    const text = (textOf(host, script, own) ?? '')
      .replace('\nxl=xl\n', `\nxl=${root}/bin/xl\n`)
      .replace('\nrun=/run\n', `\nrun=${root}/run\n`)
      .replace('patience=120', 'patience=2')
      .replace('second=1', 'second=0.01');
    writeFileSync(join(root, 'script'), text);
    const put = (name: string): void => writeFileSync(join(root, name), '');
    return {
      put,
      remove: (name: string): void => rmSync(join(root, name)),
      start: () => spawnSync('/bin/dash', [join(root, 'script')], {encoding: 'utf8'}),
      pools: () =>
        Object.fromEntries(
          ['Pool-0', 'vfio-pilot-win'].map((pool) => [
            pool,
            [0, 1, 2, 3].filter((cpu) => existsSync(join(root, 'pools', pool, String(cpu)))).join(','),
          ]),
        ),
      log: () => readFileSync(join(root, 'log'), 'utf8'),
    };
  };
  const made = {'Pool-0': '0,1', 'vfio-pilot-win': '2,3'};
  const before = {'Pool-0': '0,1,2,3', 'vfio-pilot-win': ''};

  it('frees the CPUs first, and makes the pool once', () => {
    const {start, pools, log} = machine();
    expect(start()).toMatchObject({status: 0, stderr: ''});
    expect(pools()).toEqual(made);
    expect(start()).toMatchObject({status: 0, stderr: ''});
    expect(log().match(/^cpupool-create .*\.cfg$/gm)).toEqual([`cpupool-create ${file}`]);
  });

  it('goes on from a start that ended half way', () => {
    const {start, pools, remove} = machine();
    remove('pools/Pool-0/2');
    expect(start().status).toBe(0);
    expect(pools()).toEqual(made);
  });

  it('gives the CPUs back where xl refuses the pool, and says why', () => {
    const {start, pools, put} = machine();
    put('refuses');
    expect(start()).toMatchObject({status: 1, stderr: expect.stringContaining('xl said: illegal scheduler')});
    expect(pools()).toEqual(before);
  });

  it('changes nothing where xl does not answer', () => {
    const {start, pools, put} = machine();
    put('down');
    expect(start()).toMatchObject({status: 1, stderr: expect.stringContaining('xl does not answer')});
    expect(pools()).toEqual(before);
  });
});
