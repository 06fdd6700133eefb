import {chmodSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {parseCacheSizeKiB, readCpu} from '../../src/host/cpu/cpu.ts';
import {openSource} from '../../src/system/source.ts';
import {writeTree} from '../support/write-tree.ts';

const cpu = '/sys/devices/system/cpu';

/** The trees here are invented, each for one nasty case; real machines are in machines-cpu.test.ts. */
const read = (files: Readonly<Record<string, string>>) => {
  const notes: Finding[] = [];
  const facts = readCpu(openSource(writeTree(files), null), (finding) => notes.push(finding));
  return {facts, notes, byId: (id: number) => facts.cpus.find((one) => one.id === id)};
};

/** Four CPUs in two cores of two threads. */
const fourCpus = (n: number): Record<string, string> => ({
  [`${cpu}/cpu${n}/topology/core_cpus_list`]: n % 2 === 0 ? '0,2\n' : '1,3\n',
  [`${cpu}/cpu${n}/topology/core_id`]: `${n % 2}\n`,
  [`${cpu}/cpu${n}/topology/physical_package_id`]: '0\n',
  [`${cpu}/cpu${n}/cache/index3/level`]: '3\n',
  [`${cpu}/cpu${n}/cache/index3/type`]: 'Unified\n',
  [`${cpu}/cpu${n}/cache/index3/shared_cpu_list`]: '0-3\n',
  [`${cpu}/cpu${n}/cache/index3/size`]: '32768K\n',
});
const machine = {...fourCpus(0), ...fourCpus(1), ...fourCpus(2), ...fourCpus(3), [`${cpu}/online`]: '0-3\n'};

describe('readCpu on invented trees', () => {
  it('reads siblings, numbers and the L3 cache of each CPU', () => {
    const {facts, notes, byId} = read(machine);

    expect(facts.online).toBe('0-3');
    expect(byId(2)).toEqual({
      id: 2,
      node: null,
      package: 0,
      die: null,
      core: 0,
      siblings: [0, 2],
      l3: [0, 1, 2, 3],
      l3KiB: 32768,
      kind: 'core',
      online: true,
    });
    expect(byId(3)).toMatchObject({core: 1, siblings: [1, 3]});
    expect(notes).toEqual([]);
  });

  it('leaves offline CPUs out of siblings and caches, cpu0 included', () => {
    const {facts, byId} = read({...machine, [`${cpu}/online`]: '1-3\n'});

    expect(facts.online).toBe('1-3');
    expect(byId(0)).toMatchObject({online: false, siblings: [], l3: null, core: null});
    expect(byId(2)).toMatchObject({online: true, siblings: [2], l3: [1, 2, 3]});
  });

  it('asks each CPU where there is no online list', () => {
    const {facts} = read({
      [`${cpu}/cpu0/topology/`]: '',
      [`${cpu}/cpu1/online`]: '1\n',
      [`${cpu}/cpu2/online`]: '0\n',
      [`${cpu}/cpufreq/x`]: '',
    });

    expect(facts.online).toBe('0-1');
    expect(facts.cpus.map((one) => one.id)).toEqual([0, 1, 2]);
  });

  it.each(['', '0-', '0-4294967295\n', 'all\n'])(
    'falls back on each CPU, with a note, when the online list is %j',
    (text) => {
      const {facts, notes} = read({...machine, [`${cpu}/online`]: text});

      expect(facts.online).toBe('0-3');
      expect(notes).toMatchObject([{code: 'host-file-malformed', subject: `${cpu}/online`}]);
    },
  );

  it('reads masks where a kernel has no lists', () => {
    const {byId} = read({
      [`${cpu}/cpu0/topology/thread_siblings`]: '00000000,00000003\n',
      [`${cpu}/cpu0/cache/index2/level`]: '3\n',
      [`${cpu}/cpu0/cache/index2/shared_cpu_map`]: '0003\n',
      [`${cpu}/cpu1/topology/thread_siblings`]: '00000000,00000003\n',
    });

    expect(byId(0)).toMatchObject({siblings: [0, 1], l3: [0, 1], l3KiB: null});
  });

  it('tells nothing of cores and caches where the files are broken, with one note for each kind of file', () => {
    const broken = Object.fromEntries(
      Object.entries(machine).map(([path, text]) => [
        path,
        path.includes('/cpu/cpu') && !path.endsWith('level') ? '\u0001?' : text,
      ]),
    );
    const {byId, notes} = read({...broken, ...typed});

    expect(byId(1)).toMatchObject({
      package: null,
      die: null,
      core: null,
      siblings: [],
      l3: null,
      l3KiB: null,
      online: true,
    });
    expect(notes.map((finding) => finding.subject.split('/').at(-1)).sort()).toEqual([
      'core_cpus_list',
      'core_id',
      'physical_package_id',
      'shared_cpu_list',
    ]);
  });

  it('takes -1 for unknown, without a note', () => {
    const {byId, notes} = read({
      [`${cpu}/cpu0/topology/physical_package_id`]: '-1\n',
      [`${cpu}/cpu0/topology/die_id`]: '-1\n',
    });

    expect(byId(0)).toMatchObject({package: null, die: null});
    expect(notes).toEqual([]);
  });

  it('takes no data cache and no level 2 for the L3', () => {
    const {byId} = read({
      [`${cpu}/cpu0/cache/index2/level`]: '2\n',
      [`${cpu}/cpu0/cache/index2/shared_cpu_list`]: '0\n',
      [`${cpu}/cpu0/cache/index3/level`]: '3\n',
      [`${cpu}/cpu0/cache/index3/type`]: 'Data\n',
      [`${cpu}/cpu0/cache/index3/shared_cpu_list`]: '0\n',
    });

    expect(byId(0)?.l3).toBeNull();
  });

  it('is hybrid only where both kinds are there', () => {
    const both = read({
      ...machine,
      '/sys/devices/cpu_core/cpus': '0,2\n',
      '/sys/devices/cpu_atom/cpus': '1\n',
      '/sys/devices/cpu_lowpower/cpus': '3\n',
    });
    const one = read({...machine, '/sys/devices/cpu_core/cpus': '0-3\n'});

    expect(both.facts.hybrid).toBe(true);
    expect(both.facts.cpus.map((each) => each.kind)).toEqual([
      'performance',
      'efficiency',
      'performance',
      'efficiency',
    ]);
    expect(one.facts.hybrid).toBe(false);
    expect(one.byId(0)?.kind).toBe('core');
  });

  it('takes CPUs and cores from cpuinfo where sysfs is not there', () => {
    const block = (id: number) =>
      `processor\t: ${id}\nvendor_id\t: GenuineIntel\nphysical id\t: 0\ncore id\t\t: ${id % 2}\nflags\t\t: lm vmx\n\n`;
    const {facts, byId} = read({'/proc/cpuinfo': [0, 1, 2, 3].map(block).join('')});

    expect(facts).toMatchObject({online: '0-3', vendor: 'GenuineIntel', virtualisation: 'vmx', architecture: 'x86_64'});
    expect(byId(3)).toMatchObject({package: 0, core: 1, siblings: [1, 3], l3: null, node: null});
  });

  it('knows nothing of an empty tree, and says so with nulls', () => {
    const {facts, notes} = read({});

    expect(facts).toEqual({
      physicalBits: null,
      vendor: null,
      model: null,
      architecture: null,
      virtualisation: null,
      flags: null,
      online: '',
      hybrid: false,
      cpus: [],
    });
    expect(notes).toEqual([]);
  });

  it('notes a cpuinfo that is empty', () => {
    expect(read({'/proc/cpuinfo': ''}).notes).toMatchObject([{subject: '/proc/cpuinfo'}]);
  });

  it.each([
    ['flags\t\t: fpu svm lm\n', 'svm'],
    ['flags\t\t: fpu lm\n', null],
    ['Features\t: fp asimd\n', null],
  ])('finds the virtualisation flag in %j', (text, expected) => {
    expect(read({'/proc/cpuinfo': `processor\t: 0\n${text}`}).facts.virtualisation).toBe(expected);
  });

  it.runIf(process.geteuid?.() !== 0)('reads on where a file may not be read (only tested as an ordinary user)', () => {
    const root = writeTree(machine);
    chmodSync(join(root, cpu, 'cpu0/topology/core_cpus_list'), 0);

    expect(readCpu(openSource(root, null), () => undefined).cpus[0]?.siblings).toEqual([]);
  });
});

const typed = Object.fromEntries([0, 1, 2, 3].map((n) => [`${cpu}/cpu${n}/cache/index3/type`, 'Unified\n']));

describe('parseCacheSizeKiB', () => {
  it.each([
    ['32768K\n', 32768],
    ['33M', 33792],
    ['1G', 1048576],
    ['', null],
    ['32768', null],
  ])('reads %j as %j KiB', (text, expected) => {
    expect(parseCacheSizeKiB(text)).toBe(expected);
  });
});
