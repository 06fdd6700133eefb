import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {compareCommandLines, editCommandLine, undoCommandLine} from '../../../src/formats/kernel-line/edit.ts';

const word = fc.constantFrom(
  'quiet',
  'ro',
  'hugepages=1',
  'hugepagesz=2M',
  'hugepagesz=1G',
  'hugepages=8',
  'iommu=pt',
  'a="b c"',
  'isolcpus=1',
  'isolcpus=2',
);
const sorted = (line: string): readonly string[] =>
  line
    .split(/(?<!b) +/)
    .filter((one) => one !== '')
    .sort();

describe('undoCommandLine', () => {
  it('gives back the arguments that an edited line had before', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const line = words.join(' ');
        const edited = editCommandLine(line, {
          add: ['iommu=pt', 'hugepagesz=1G', 'hugepages=8'],
          remove: ['isolcpus=1'],
          ownedKeys: ['hugepagesz', 'hugepages'],
        });
        if (!edited.ok) throw new Error(edited.reason);
        const undone = undoCommandLine(edited.text, compareCommandLines(line, edited.text));
        expect(sorted(undone ?? 'refused')).toEqual(sorted(line));
      }),
    );
  });

  it.each([
    [
      'the last of two that are equal goes',
      'hugepages=8 ro hugepages=8',
      {added: ['hugepages=8'], removed: []},
      'hugepages=8 ro',
    ],
    ['blanks of others stay', 'ro  quiet x  debug', {added: ['x'], removed: []}, 'ro  quiet  debug'],
    ['what was removed comes back before --', 'ro x -- single', {added: ['x'], removed: ['y']}, 'ro y -- single'],
    ['what stands behind -- is none of our own', 'ro -- x', {added: ['x'], removed: []}, null],
    ['a part is refused', 'ro x', {added: ['x', 'y'], removed: []}, null],
    ['a quotation without an end is refused', 'ro "x', {added: [], removed: []}, null],
  ] as const)('%s', (_name, line, difference, wanted) => {
    expect(undoCommandLine(line, difference)).toBe(wanted);
  });
});
