import {describe, expect, it} from 'vitest';
import {nextStartOf, parseGuestConfig, valueOf} from '../../src/formats/qemu-server/config.ts';
import {editGuestConfig} from '../../src/formats/qemu-server/edit-config.ts';
import {parseNuma} from '../../src/formats/qemu-server/numa.ts';
import {changeOfSettings, isNoChange} from '../../src/formats/qemu-server/settings.ts';
import {parseSectionConfig} from '../../src/formats/qemu-server/section-config.ts';

const odd = `#Description with hostpci0%3A 0000:09:00
#second line

name: media
 indented: nothing for Proxmox
cores: 4
memory:   8192
cores: 6
[PENDING]
delete: agent,vga
memory: 4096

[special:cloudinit]
citype: nocloud

[before]
#of the snapshot
memory: 2048
hostpci0: 0000:01:00`;

const edit = (text: string, wishes: Readonly<Record<string, string | null>>): string =>
  editGuestConfig(text, new Map(Object.entries(wishes)));

/** Lines that one text has and the other has not. */
const difference = (before: string, after: string): readonly string[] => {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
};

describe('an edit of a guest’s configuration', () => {
  it('touches nothing where all is so already, also where it waits', () => {
    expect(edit(odd, {cores: '6', memory: '4096', vga: null, hostpci0: null})).toBe(odd);
  });

  it('changes the last of two lines, in its place and with its blanks', () => {
    expect(difference(odd, edit(odd, {cores: '8'}))).toEqual(['-cores: 6', '+cores: 8']);
  });

  it('settles what waits for the next start in both places', () => {
    const text = edit(odd, {memory: '16384'});
    expect(difference(odd, text)).toEqual(['-memory:   8192', '-memory: 4096', '+memory:   16384']);
    expect(valueOf(nextStartOf(parseGuestConfig(text)), 'memory')).toBe('16384');
  });

  it('takes a key off the list of those that go', () => {
    expect(difference(odd, edit(odd, {vga: 'std'}))).toEqual(['-delete: agent,vga', '+vga: std', '+delete: agent']);
    expect(edit('a: 1\n[PENDING]\ndelete: b\n', {b: '2'})).toBe('a: 1\nb: 2\n[PENDING]\n');
  });

  it('removes every line of a key, and none of a snapshot', () => {
    const text = edit(odd, {cores: null});
    expect(difference(odd, text)).toEqual(['-cores: 4', '-cores: 6']);
    expect(parseGuestConfig(text).snapshots['before']?.map(({key}) => key)).toEqual(['memory', 'hostpci0']);
  });

  it('puts a new line where Proxmox would sort it, and never into a section', () => {
    expect(edit('#x\nagent: 1\nname: a\n\n[s1]\ncores: 1\n', {cores: '2'})).toBe(
      '#x\nagent: 1\ncores: 2\nname: a\n\n[s1]\ncores: 1\n',
    );
    expect(edit('agent: 1\n\n[s1]\ncores: 1\n', {cores: '2'})).toBe('agent: 1\ncores: 2\n\n[s1]\ncores: 1\n');
    expect(edit('#only a comment\n', {cores: '2'})).toBe('#only a comment\ncores: 2\n');
    expect(edit('agent: 1', {cores: '2'})).toBe('agent: 1\ncores: 2\n');
    expect(edit('agent: 1\r\nname: a\r\n', {cores: '2'})).toBe('agent: 1\r\ncores: 2\r\nname: a\r\n');
    expect(edit('', {cores: '2'})).toBe('cores: 2\n');
  });
});

describe('what makes one configuration the other', () => {
  it('is nothing for another order, and for disks and what qm keeps itself', () => {
    expect(isNoChange(changeOfSettings('a: 1\nb: 2\nmeta: x\n', 'b: 2\na: 1\nscsi0: local:1\n'))).toBe(true);
  });

  it('drops a waiting change where the present value is wanted', () => {
    const waiting = 'memory: 8192\nagent: 1\n[PENDING]\nmemory: 4096\ndelete: agent\ncores: 2\n';
    expect(changeOfSettings(waiting, 'memory: 8192\nagent: 1\n')).toEqual({
      set: [],
      remove: [],
      revert: ['agent', 'cores', 'memory'],
    });
  });

  it('sets and removes the rest', () => {
    expect(changeOfSettings('cores: 4\nvga: none\n', 'cores: 8\nnuma: 1\n')).toEqual({
      set: [
        ['cores', '8'],
        ['numa', '1'],
      ],
      remove: ['vga'],
      revert: [],
    });
  });
});

it('a line without a value, with a blank in front or in an unknown section is none', () => {
  expect(parseGuestConfig('a:\n b: 1\nc: 1\n[1x]\nd: 1\n[snap]\ne: 1\n')).toMatchObject({
    current: [{key: 'c', value: '1', line: 3}],
    snapshots: {snap: [{key: 'e'}]},
    strange: [1, 2, 4, 5],
  });
});

it.each([
  ['cpus=0-3,hostnodes=0,memory=4096,policy=bind', {hostNodes: [0], memoryMiB: 4096}],
  ['cpus=0,hostnodes=0-1;3,memory=1', {hostNodes: [0, 1, 3], memoryMiB: 1}],
  ['cpus=0', {hostNodes: [], memoryMiB: 0}],
  ['cpus=0,hostnodes=3-1', null],
  ['cpus=0,memory=4G', null],
])('numa: %s', (value, cell) => {
  expect(parseNuma(value)).toEqual(cell);
});

it('storage.cfg is read by sections', () => {
  expect(
    parseSectionConfig('#x\ndir: local\n\tpath /var\n\tcontent iso,images\n\nnfs: far\n\tdisable\n').map(
      ({type, name, options}) => [type, name, [...options]],
    ),
  ).toEqual([
    [
      'dir',
      'local',
      [
        ['path', '/var'],
        ['content', 'iso,images'],
      ],
    ],
    ['nfs', 'far', [['disable', '']]],
  ]);
});
