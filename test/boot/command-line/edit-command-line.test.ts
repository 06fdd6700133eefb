import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {editCommandLine} from '../../../src/formats/kernel-line/edit.ts';

const edit = {
  add: ['intel_iommu=on', 'hugepagesz=2M', 'hugepages=512'],
  remove: ['vfio-pci.ids=1:2'],
  ownedKeys: ['intel_iommu', 'hugepagesz', 'hugepages'],
};

const textOf = (line: string, change = edit): string => {
  const edited = editCommandLine(line, change);
  if (!edited.ok) throw new Error(edited.reason);
  return edited.text;
};

describe('editCommandLine', () => {
  it.each([
    ['an empty line', '', 'intel_iommu=on hugepagesz=2M hugepages=512'],
    [
      'a line with a break behind it',
      'root=/dev/sda1 ro\n',
      'root=/dev/sda1 ro intel_iommu=on hugepagesz=2M hugepages=512\n',
    ],
    ['a line of a Windows editor', 'root=a\r', 'root=a intel_iommu=on hugepagesz=2M hugepages=512\r'],
    [
      'stale arguments of our own',
      'intel_iommu=off  root=a vfio-pci.ids=1:2 hugepages=3 quiet',
      'root=a quiet intel_iommu=on hugepagesz=2M hugepages=512',
    ],
    [
      'one that is there in another spelling',
      'root=a intel-iommu=on',
      'root=a intel-iommu=on hugepagesz=2M hugepages=512',
    ],
    ['arguments for init', 'root=a -- single', 'root=a intel_iommu=on hugepagesz=2M hugepages=512 -- single'],
    [
      'a quoted argument of somebody else',
      'a="b c" root=x',
      'a="b c" root=x intel_iommu=on hugepagesz=2M hugepages=512',
    ],
    [
      'the variables of GRUB',
      'root=a $tuned_params',
      'root=a $tuned_params intel_iommu=on hugepagesz=2M hugepages=512',
    ],
  ])('writes our arguments into %s', (_name, before, after) => {
    expect(textOf(before)).toBe(after);
    expect(textOf(after)).toBe(after);
  });

  it('puts pages of several sizes in one sequence, in our order (repeatable keys)', () => {
    const add = ['hugepagesz=1G', 'hugepages=4', 'hugepagesz=2M', 'hugepages=8'];
    expect(textOf('hugepagesz=2M hugepages=8 ro', {add, remove: [], ownedKeys: ['hugepagesz', 'hugepages']})).toBe(
      `ro ${add.join(' ')}`,
    );
  });

  it.each([
    ['a quotation without an end', 'a="b c'],
    ['an argument of our own in a quotation', 'a="x intel_iommu=off"'],
    ['a backslash at the end', 'a\\'],
  ])('refuses %s', (_name, line) => {
    expect(editCommandLine(line, edit)).toMatchObject({ok: false});
  });

  it('refuses to write an argument that needs quotes', () => {
    expect(editCommandLine('ro', {...edit, add: ['a=b c']})).toEqual({
      ok: false,
      reason: 'the argument a=b c can not be written without quotes',
    });
  });

  it('keeps every foreign argument, their order and their bytes, and does nothing the second time (2,000 lines)', () => {
    const foreign = fc
      .stringMatching(/^[a-z]{1,6}(?:[.-][a-z]{1,4})?(?:=[A-Za-z0-9/:,._$-]{0,9})?$/)
      .filter((word) => !/^(?:intel.iommu|hugepages|hugepagesz|vfio)/.test(word));
    const ours = fc.constantFrom(
      'intel_iommu=on',
      'intel-iommu=off',
      'hugepages=512',
      'hugepagesz=2M',
      'hugepages=7',
      'vfio-pci.ids=1:2',
    );
    const word = fc.oneof(
      {weight: 3, arbitrary: foreign.map((text) => ({text, isOurs: false}))},
      {weight: 1, arbitrary: ours.map((text) => ({text, isOurs: true}))},
    );
    const blanks = fc.constantFrom(' ', '  ', '\t', ' \t ');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, blanks), {maxLength: 12}), (parts) => {
        const line = parts.map(([{text}, blank]) => `${text}${blank}`).join('');
        const kept = textOf(line)
          .split(/\s+/)
          .filter((text) => text !== '');
        const theirs = parts.filter(([{isOurs}]) => !isOurs).map(([{text}]) => text);
        expect(kept.filter((text) => !/^(?:intel.iommu|hugepages|hugepagesz|vfio-pci\.ids)=/.test(text))).toEqual(
          theirs,
        );
        expect(kept.filter((text) => /^intel.iommu=/.test(text)).every((text) => text.endsWith('=on'))).toBe(true);
        expect(kept.filter((text) => text.startsWith('hugepage'))).toEqual(['hugepagesz=2M', 'hugepages=512']);
        expect(kept).not.toContain('vfio-pci.ids=1:2');
        expect(textOf(textOf(line))).toBe(textOf(line));
      }),
      {numRuns: 2000},
    );
  });
});
