import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {coresOf} from '../../../src/facts/cores.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {renderHookscript} from '../../../src/hypervisor/proxmox/hookscript/hookscript.ts';
import {proxmoxFacts} from '../../support/proxmox-facts.ts';
import {codesOf, decide, findingOf, linesOf, win10, type Wish} from './decide.ts';

const storage = {
  '/etc/pve/storage.cfg': `dir: local
\tpath /var/lib/vz
\tcontent iso,snippets

nfs: shared
\tpath /mnt/pve/shared
\tcontent snippets

lvmthin: local-lvm
\tcontent images
`,
};
const wish: Wish = {guest: {hookscript: true}};
const facts = proxmoxFacts({101: win10}, {files: storage});
const path = '/var/lib/vz/snippets/vfio-pilot-101.sh';

const scriptOf = (host: HostFacts): string => {
  const [file] = renderHookscript(host, decide(host, wish).plan).artifacts;
  if (file?.kind !== 'file') throw new Error('there is no script');
  return file.text;
};

describe('a hookscript', () => {
  it('is made in the first directory of snippets that is this node’s alone, and set', () => {
    expect(renderHookscript(facts, decide(facts, wish).plan).artifacts).toMatchObject([{path, mode: 0o755}]);
    expect(linesOf(facts, wish).get('hookscript')).toBe('local:snippets/vfio-pilot-101.sh');
    expect(linesOf(facts).get('hookscript')).toBeUndefined();
    expect(renderHookscript(facts, decide(facts).plan).artifacts).toEqual([]);
  });

  it('failure mode 73: pins neighbouring vCPUs to the threads of one core', () => {
    const pins = (/^pins='(.*)'$/m.exec(scriptOf(facts))?.[1] ?? '')
      .split(' ')
      .map((one) => one.split(':').map(Number));
    expect(pins.map(([vcpu]) => vcpu)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const pairs = [0, 2, 4, 6].map((vcpu) => [pins[vcpu]?.[1], pins[vcpu + 1]?.[1]].sort().join());
    const cores = coresOf(facts).map(({threads: mates}) => [...mates].sort().join());
    expect(cores).toEqual(expect.arrayContaining(pairs));
    expect(new Set(pairs).size).toBe(4);
  });

  it('failure mode 74: needs a storage for it, and names the command that makes one of the one that is there', () => {
    const none = {'/etc/pve/storage.cfg': storage['/etc/pve/storage.cfg'].replace('iso,snippets', 'iso')};
    const finding = findingOf(proxmoxFacts({101: win10}, {files: none}), 'proxmox-snippets-missing', wish);
    expect(finding).toMatchObject({
      severity: 'blocker',
      remedy: expect.stringContaining('pvesm set local --content iso,snippets'),
    });
    expect(codesOf(facts, wish)).not.toContain('blocker proxmox-snippets-missing');
  });

  it('of somebody else stays, and is in the way of ours', () => {
    const other = proxmoxFacts({101: `${win10}hookscript: local:snippets/mine.pl\n`}, {files: storage});
    expect(findingOf(other, 'guest-option-unsupported', wish)).toMatchObject({
      severity: 'blocker',
      subject: 'guest.hookscript',
    });
    expect(linesOf(other).get('hookscript')).toBe('local:snippets/mine.pl');
    const foreign = proxmoxFacts({101: win10}, {files: {...storage, [path]: '#!/bin/sh\n'}});
    expect(renderHookscript(foreign, decide(foreign, wish).plan).findings).toMatchObject([
      {severity: 'blocker', code: 'file-foreign'},
    ]);
  });

  it('of an earlier run goes with its line where the profile asks for none', () => {
    const before = proxmoxFacts(
      {101: `${win10}hookscript: local:snippets/vfio-pilot-101.sh\n`},
      {files: {...storage, [path]: scriptOf(facts)}},
    );
    expect(linesOf(before).get('hookscript')).toBeUndefined();
    expect(renderHookscript(before, decide(before).plan).artifacts).toMatchObject([{kind: 'absent', path}]);
  });
});

/** As Proxmox runs it, with dash; taskset is a stand-in that writes down what it is asked. */
const run = (threads: Readonly<Record<string, string>>, argv: readonly string[], taskset = 'echo "$@" >> "$asked"') => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-pins-'));
  for (const [task, comm] of Object.entries(threads)) {
    mkdirSync(join(root, 'proc/4711/task', task), {recursive: true});
    writeFileSync(join(root, 'proc/4711/task', task, 'comm'), `${comm}\n`);
  }
  mkdirSync(join(root, 'run/qemu-server'), {recursive: true});
  if (Object.keys(threads).length > 0) writeFileSync(join(root, 'run/qemu-server/101.pid'), '4711\n');
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'asked'), '');
  writeFileSync(join(root, 'bin/taskset'), `#!/bin/dash\nasked=${root}/asked\n${taskset}\n`, {mode: 0o755});
  const text = scriptOf(facts)
    .replace(/^pins=.*$/m, "pins='0:2 1:14'")
    .replace(/^PATH=/m, `PATH=${root}/bin:`)
    .replace(/^(run|proc)=/gm, `$1=${root}`);
  writeFileSync(join(root, 'script'), text);
  const {status, stderr} = spawnSync('/bin/dash', [join(root, 'script'), ...argv], {encoding: 'utf8'});
  return {status, stderr, asked: readFileSync(join(root, 'asked'), 'utf8')};
};

const threads = {4711: 'kvm', 4720: 'CPU 0/KVM', 4721: 'CPU 1/KVM', 4722: 'CPU 10/KVM', 4723: 'vhost-4711'};

describe('its run', () => {
  it('pins the thread of each vCPU after the start', () => {
    const {status, stderr, asked} = run(threads, ['101', 'post-start']);
    expect({status, stderr}).toEqual({status: 0, stderr: ''});
    expect(asked).toBe('--cpu-list --pid 2 4720\n--cpu-list --pid 14 4721\n');
  });

  it.each([
    ['101', 'pre-start'],
    ['101', 'post-stop'],
    ['102', 'post-start'],
  ])('does nothing for guest %s in phase %s', (...argv) => {
    expect(run(threads, argv)).toEqual({status: 0, stderr: '', asked: ''});
  });

  it('says which vCPU it could not pin, and pins the others', () => {
    const {4720: _, ...without} = threads;
    const {status, stderr, asked} = run(without, ['101', 'post-start']);
    expect([status, stderr]).toEqual([1, 'vfio-pilot: vCPU 0 is not pinned to CPU 2\n']);
    expect(asked).toContain('--pid 14 4721');
    expect(run(threads, ['101', 'post-start'], 'exit 1').stderr).toContain('vCPU 1 is not pinned to CPU 14');
    expect(run({}, ['101', 'post-start'])).toMatchObject({status: 1, stderr: expect.stringContaining('is unknown')});
  });
});
