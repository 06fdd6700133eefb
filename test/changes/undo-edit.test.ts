import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {undoEdit} from '../../src/changes/undo-edit.ts';

const grub = (line: string, timeout = 5): string =>
  `# ours\nGRUB_TIMEOUT=${timeout}\nGRUB_CMDLINE_LINUX_DEFAULT="${line}"\nGRUB_CMDLINE_LINUX=""\n`;
const domain = (devices: string): string =>
  `<domain>\n  <vcpu>8</vcpu>\n  <devices>\n    <emulator/>\n${devices}  </devices>\n</domain>\n`;
const hostdev = `    <hostdev>\n      <address bus='6'/>\n    </hostdev>\n`;
const usb = `    <hostdev>\n      <product id='1'/>\n    </hostdev>\n`;

describe('undoEdit', () => {
  it.each([
    ['keeps an edit of another line', grub('quiet'), grub('quiet a=1'), grub('quiet a=1', 0), grub('quiet', 0)],
    [
      'keeps a word that was added to the same line',
      grub('quiet'),
      grub('quiet a=1 b=2'),
      grub('quiet a=1 b=2 debug'),
      grub('quiet debug'),
    ],
    [
      'keeps a word that was taken from the same line',
      grub('quiet splash'),
      grub('quiet splash a=1'),
      grub('quiet a=1'),
      grub('quiet'),
    ],
    [
      'gives back a word that was removed',
      grub('quiet nomodeset'),
      grub('quiet a=1'),
      grub('quiet a=1 debug'),
      grub('quiet debug nomodeset'),
    ],
    [
      'keeps a line that was put directly behind ours',
      grub('quiet'),
      grub('quiet a=1'),
      grub('quiet a=1').replace('a=1"\n', 'a=1"\nGRUB_X=1\n'),
      grub('quiet').replace('quiet"\n', 'quiet"\nGRUB_X=1\n'),
    ],
    ['keeps a device that was put next to ours', domain(''), domain(hostdev), domain(usb + hostdev), domain(usb)],
    [
      'keeps the arguments of a boot entry',
      'title x\noptions ro  quiet\n',
      'title x\noptions ro  quiet a=1\n',
      'title x\noptions ro  quiet a=1 debug\n',
      'title x\noptions ro  quiet debug\n',
    ],
    [
      'keeps CRLF and the last line without an end',
      'a\r\nb\r\nc',
      'a\r\nours\r\nb\r\nc',
      'edited\r\na\r\nours\r\nb\r\nc',
      'edited\r\na\r\nb\r\nc',
    ],
    ['has nothing to do where somebody has taken it away', 'a\nb\n', 'a\nours\nb\n', 'a\nb\nc\n', 'a\nb\nc\n'],
  ])('%s', (_name, before, applied, present, wanted) => {
    expect(undoEdit({before, applied, present})).toBe(wanted);
  });

  it.each([
    [
      'one value that both changed',
      grub('quiet').replace('=5', '=1'),
      grub('quiet').replace('=5', '=2'),
      grub('quiet').replace('=5', '=3'),
    ],
    ['a line of which a part of our own is gone', grub('quiet'), grub('quiet a=1 b=2'), grub('quiet a=1')],
    [
      'a line that has another key now',
      grub('quiet'),
      grub('quiet a=1'),
      grub('quiet a=1').replace('GRUB_CMDLINE_LINUX_DEFAULT', 'OTHER'),
    ],
    ['lines that stand there twice', 'x\n', 'ours\n', 'ours\nedited\nours\n'],
    ['ours that was changed within', domain(''), domain(hostdev), domain(hostdev.replace("'6'", "'7'"))],
  ])('does not guess: %s', (_name, before, applied, present) => {
    expect(undoEdit({before, applied, present})).toBeNull();
  });

  it('does not begin with a text whose merge would not end in a lifetime', () => {
    const applied = 'a\nb\n'.repeat(50_000);
    expect(undoEdit({before: `old\n${applied}`, applied, present: `${applied}edited\n`})).toBeNull();
  });

  it('without an edit since gives back the text of before, and without an edit of our own the present one', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\r\n', 'GRUB="x y"\n', 'end')).map((lines) => lines.join(''));
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(undoEdit({before: one, applied: other, present: other})).toBe(one);
        expect(undoEdit({before: one, applied: one, present: other})).toBe(other);
      }),
    );
  });

  it('keeps every line that neither edit names, and each line that only the other edit added', () => {
    const lines = fc.uniqueArray(fc.nat(999), {minLength: 4, maxLength: 12});
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), (numbers, ours, theirs) => {
        const put = (list: readonly string[], at: number, line: string): readonly string[] =>
          list.toSpliced(at % (list.length + 1), 0, line);
        const before = numbers.map((number) => `line ${number}\n`);
        const applied = put(before, ours, 'ours\n');
        const present = put(applied, theirs, 'theirs\n');
        expect(undoEdit({before: before.join(''), applied: applied.join(''), present: present.join('')})).toBe(
          present.filter((line) => line !== 'ours\n').join(''),
        );
      }),
    );
  });
});
