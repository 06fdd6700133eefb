import {describe, expect, it} from 'vitest';
import {compareWorlds, type FilePrint, type World} from '../../src/changes/world.ts';

const print = (values: Partial<FilePrint> = {}): FilePrint => ({
  state: 'file',
  sha256: 'a',
  target: null,
  mode: 0o644,
  uid: 0,
  gid: 0,
  stamp: {inode: 1, modifiedMs: 1, changedMs: 1},
  ...values,
});
const world = (values: Partial<World> = {}): World => ({
  toolVersion: '1',
  settings: {'the boot loader': 'grub'},
  things: {kernel: {'6.1': 'there'}},
  files: {'/etc/a': print()},
  ...values,
});
const changedWith = (values: Partial<World>): readonly string[] => compareWorlds(world(), world(values)).changed;
const fileWith = (values: Partial<FilePrint>) => compareWorlds(world(), world({files: {'/etc/a': print(values)}}));

describe('two looks at a host', () => {
  it('that see the same have no difference', () =>
    expect(compareWorlds(world(), world())).toEqual({changed: [], savedAgain: []}));

  it('tell what came, what went and what became other, each in a sentence', () => {
    expect(changedWith({settings: {'the boot loader': 'systemd-boot'}})).toEqual([
      'The boot loader was grub, and is systemd-boot.',
    ]);
    expect(changedWith({things: {kernel: {'6.2': 'there'}}})).toEqual([
      'The kernel 6.1 is gone.',
      'There is a new kernel, 6.2.',
    ]);
    expect(changedWith({files: {'/etc/b': print()}})).toEqual(['/etc/a is gone.', '/etc/b has appeared.']);
    expect(changedWith({toolVersion: '2'})).toEqual(['It was made by vfio-pilot 1, and this is 2.']);
  });

  it('are not led astray by names that every object has', () => {
    const things = {kernel: {'6.1': 'there', ['__proto__']: 'there', constructor: 'there'}};
    expect(changedWith({things})).toEqual(['There is a new kernel, __proto__.', 'There is a new kernel, constructor.']);
  });

  it('tell apart an attribute that was set, which matters, and a file that was saved again, which is only said', () => {
    expect(fileWith({stamp: {inode: 1, modifiedMs: 1, changedMs: 2}})).toEqual({
      changed: ['/etc/a: its extended attributes, ACL or security label changed.'],
      savedAgain: [],
    });
    expect(fileWith({stamp: {inode: 1, modifiedMs: 2, changedMs: 2}})).toEqual({changed: [], savedAgain: ['/etc/a']});
    expect(fileWith({stamp: {inode: 2, modifiedMs: 1, changedMs: 2}})).toEqual({changed: [], savedAgain: ['/etc/a']});
    expect(fileWith({stamp: {inode: 2, modifiedMs: 2, changedMs: 2}, uid: 1})).toEqual({
      changed: ['/etc/a: its owner was 0:0 and is 1:0.'],
      savedAgain: [],
    });
  });
});
