import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {parseHugetlbfsMounts, parseMeminfo, readMemory} from '../../src/host/memory/memory.ts';
import {openSource} from '../../src/system/source.ts';
import {writeTree} from '../support/write-tree.ts';

/** The trees here are invented. */
const read = (files: Readonly<Record<string, string>>) => {
  const notes: Finding[] = [];
  return {memory: readMemory(openSource(writeTree(files), null), (finding) => notes.push(finding)), notes};
};

describe('readMemory on invented trees', () => {
  it('reads totals, hugepage sizes, mounts and the mode of transparent hugepages', () => {
    const {memory, notes} = read({
      '/proc/meminfo':
        'MemTotal:       49448488 kB\nMemFree:  1 kB\nMemAvailable:   40000000 kB\nHugepagesize:       2048 kB\n',
      '/proc/mounts': 'proc /proc proc rw 0 0\nhugetlbfs /dev/hugepages1G hugetlbfs rw,pagesize=1024M 0 0\n',
      '/sys/kernel/mm/hugepages/hugepages-1048576kB/': '',
      '/sys/kernel/mm/hugepages/hugepages-2048kB/': '',
      '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
    });

    expect(memory).toEqual({
      totalKiB: 49448488,
      availableKiB: 40000000,
      hugepageSizesKiB: [2048, 1048576],
      defaultHugepageKiB: 2048,
      transparentHugepages: 'madvise',
      hugetlbfsMounts: [{path: '/dev/hugepages1G', sizeKiB: 1048576}],
    });
    expect(notes).toEqual([]);
  });

  it('knows nothing of an empty tree, without a note', () => {
    const {memory, notes} = read({});

    expect(memory).toMatchObject({
      totalKiB: null,
      availableKiB: null,
      hugepageSizesKiB: [],
      defaultHugepageKiB: null,
      transparentHugepages: null,
      hugetlbfsMounts: [],
    });
    expect(notes).toEqual([]);
  });

  it('notes files that are cut off', () => {
    const {memory, notes} = read({
      '/proc/meminfo': 'MemTotal:   4944',
      '/sys/kernel/mm/transparent_hugepage/enabled': 'always [mad',
    });

    expect(memory).toMatchObject({totalKiB: null, transparentHugepages: null});
    expect(notes.map((finding) => finding.subject)).toEqual([
      '/proc/meminfo',
      '/sys/kernel/mm/transparent_hugepage/enabled',
    ]);
  });
});

describe('parseHugetlbfsMounts', () => {
  it.each([
    ['hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0', [{path: '/dev/hugepages', sizeKiB: 2048}]],
    ['/hugetlbfs /hugetlbfs hugetlbfs rw,relatime,mode=777 0 0', [{path: '/hugetlbfs', sizeKiB: 4096}]],
    ['none /a\\040b hugetlbfs rw,pagesize=1G 0 0', [{path: '/a b', sizeKiB: 1048576}]],
    ['none /x hugetlbfs rw,pagesize=huge 0 0', [{path: '/x', sizeKiB: null}]],
    ['tmpfs /tmp tmpfs rw 0 0', []],
    ['hugetlbfs', []],
  ])('reads %j', (text, expected) => {
    expect(parseHugetlbfsMounts(text, 4096)).toEqual(expected);
  });
});

describe('parseMeminfo', () => {
  it('reads the form of the machine and that of a node', () => {
    expect([...parseMeminfo('MemTotal:  12 kB\nNode 3 MemFree:  7 kB\nHugePages_Total:  5\nBad:  x kB\n')]).toEqual([
      ['MemTotal', 12],
      ['MemFree', 7],
    ]);
  });
});
