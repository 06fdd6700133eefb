import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseTree, renderTree, type TreeEntry} from '../../src/system/tree-file.ts';
import {hostNames, hostOrigin, hostTreeText} from '../support/host-tree.ts';

const header = '# vfio-pilot host tree, version 1\n';

describe('a host tree', () => {
  it.each(hostNames())('renders %s back to the same text', (name) => {
    const text = hostTreeText(name);
    expect(renderTree(parseTree(text))).toBe(text);
  });

  it.each(hostNames())('says where %s comes from', (name) => {
    expect(hostOrigin(name)).toMatch(/invented/);
    expect(hostOrigin(name)).toContain(`# ${name}\n`);
  });

  it('keeps any text, with and without a final newline', () => {
    const entry = fc.record({
      type: fc.constant('file' as const),
      path: fc.constant('/etc/x'),
      mode: fc.constantFrom(0o444, 0o644),
      text: fc.string({unit: fc.constantFrom('a', '|', '\n', '\r', '\\', ' ', '\t', 'ü', '#')}),
    });
    fc.assert(
      fc.property(fc.array(entry), (entries: readonly TreeEntry[]) => {
        expect(parseTree(renderTree(entries))).toEqual(entries);
      }),
    );
  });

  it('writes a read-only value on one line', () => {
    const entry: TreeEntry = {type: 'file', path: '/sys/vendor', mode: 0o444, text: '0x10de\n'};
    expect(renderTree([entry])).toBe(`${header}= /sys/vendor 0x10de\n`);
  });

  it.each([
    ['another header', 'd /etc\n', 'Line 1'],
    ['a relative path', `${header}d etc\n`, 'Line 2'],
    ['an unknown kind', `${header}d /etc\nq /etc/x\n`, 'Line 3'],
    ['content below a directory', `${header}d /etc\n|text\n`, 'Line 3'],
    ['a link without a target', `${header}l /etc/x\n`, 'Line 2'],
    ['an empty line', `${header}\nd /etc\n`, 'Line 2'],
  ])('names the line of %s', (_, text, place) => {
    expect(() => parseTree(text)).toThrow(place);
  });
});
