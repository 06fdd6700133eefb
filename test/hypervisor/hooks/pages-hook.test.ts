import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import type {FileArtifact} from '../../../src/artifacts/artifact.ts';
import {renderPagesHook} from '../../../src/hypervisor/kvm/hooks/pages-hook.ts';
import {sampleFacts} from '../../support/sample-facts.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {hookHost, type HookHost, hookOf} from './run-hook.ts';

const hookFor = (name: string, perNode: Readonly<Record<string, number>>): FileArtifact => {
  const plan = samplePlan();
  const hugepages = {sizeKiB: 2048, perNode, method: 'hook', mount: null} as const;
  return hookOf(
    renderPagesHook(sampleFacts(), {...plan, guest: {...plan.guest, name}, memory: {...plan.memory, hugepages}}),
  );
};

const pool = (node: number): string => `sys/devices/system/node/node${node}/hugepages/hugepages-2048kB/nr_hugepages`;
const files = {[pool(0)]: '10\n', [pool(1)]: '0\n', 'proc/sys/vm/compact_memory': ''};
const counts = (host: HookHost) => [host.read(pool(0)), host.read(pool(1))];
const hook = hookFor('win11', {0: 600, 1: 300});

/** Read back as from a kernel that has only 100 pages left on node 1. */
const withFull = (text: string): FileArtifact => ({
  ...hook,
  text: text.replaceAll('read -r after', '[ "$1" = 0 ] || echo 100 > "$file"\n\tread -r after'),
});

describe('the hook that takes pages', () => {
  it('is a script that dash understands', () => {
    expect(spawnSync('/bin/dash', ['-n'], {input: hook.text, encoding: 'utf8'})).toMatchObject({status: 0, stderr: ''});
  });

  it('takes the pages before the start, next to those that are there, and gives back just these (failure mode 20)', () => {
    const host = hookHost(files);
    expect(host.call(hook, 'prepare begin')).toEqual({status: 0, stderr: ''});
    expect(counts(host)).toEqual(['610', '300']);
    expect(host.call(hook, 'release end')).toEqual({status: 0, stderr: ''});
    expect(counts(host)).toEqual(['10', '0']);
    host.call(hook, 'release end');
    expect(counts(host)).toEqual(['10', '0']);
  });

  it('refuses a start that can not have all pages, says which are missing, and gives the others back', () => {
    const host = hookHost(files);
    const {status, stderr} = host.call(withFull(hook.text), 'prepare begin');
    expect({
      status,
      said: stderr.includes(
        'the guest needs 300 huge pages of 2048 KiB on node 1, which has only 100 of them in one piece each',
      ),
    }).toEqual({status: 1, said: true});
    expect(host.read('proc/sys/vm/compact_memory')).toBe('1');
    expect(counts(host)).toEqual(['10', '0']);
    expect(host.call(hook, 'release end').status).toBe(0);
    expect(counts(host)).toEqual(['10', '0']);
  });

  it('refuses a start without asking the kernel when the memory is not there at all', () => {
    const meminfo = (free: number) =>
      `Node 0 MemTotal:   9000000 kB\nNode 0 MemFree:    ${free} kB\nNode 0 Active(file):  100000 kB\nNode 0 Inactive(file): 100000 kB\n`;
    const host = hookHost({...files, 'sys/devices/system/node/node0/meminfo': meminfo(1000000)});
    expect(host.call(hook, 'prepare begin')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('which has less than that in all its free memory and file cache'),
    });
    expect(counts(host)).toEqual(['10', '0']);
    host.write('sys/devices/system/node/node0/meminfo', meminfo(1028800));
    expect(host.call(hook, 'prepare begin').status).toBe(0);
  });

  it('adds up with another guest’s, in whichever order they end', () => {
    const host = hookHost(files);
    const other = hookFor('other', {0: 50});
    host.call(hook, 'prepare begin');
    host.call(other, 'prepare begin');
    expect(counts(host)).toEqual(['660', '300']);
    host.call(hook, 'release end');
    expect(counts(host)).toEqual(['60', '0']);
    host.call(other, 'release end');
    expect(counts(host)).toEqual(['10', '0']);
  });

  it('does not take them twice when libvirt did not tell of an end', () => {
    const host = hookHost(files);
    host.call(hook, 'prepare begin');
    host.call(hook, 'prepare begin');
    expect(counts(host)).toEqual(['610', '300']);
  });

  it('counts for the machine where the kernel has no nodes', () => {
    const whole = 'sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages';
    const host = hookHost({[whole]: '0\n', 'proc/sys/vm/compact_memory': ''});
    host.call(hookFor('win11', {0: 5}), 'prepare begin');
    expect(host.read(whole)).toBe('5');
  });
});
