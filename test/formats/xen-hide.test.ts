import {describe, expect, it} from 'vitest';
import {parseHideList, renderHideList} from '../../src/formats/xen-hide.ts';

const one = {segment: 0, bus: 0x41, slot: 0, number: 0};

describe('the list of xen-pciback.hide=', () => {
  it.each([
    ['(0000:41:00.0)', [one]],
    ['(41:00.0)', [one]],
    ['(41:00.0)(41:00.1)', [one, {...one, number: 1}]],
    ['(41:00.0) (0001:41:00.*)', [one, {...one, segment: 1, number: null}]],
    ['(0000:41:*.*)', [{...one, slot: null, number: null}]],
  ])('%s is what the kernel reads of it', (value, elements) => {
    expect(parseHideList(value)).toEqual({elements, bad: null});
  });

  // Seen in public threads: xcp-ng/xcp issues 279, 320 and 412.
  it.each([
    ['(0b::00.1)', '(0b::00.1)'],
    ['(1:0:1:0:)', '(1:0:1:0:)'],
    ['(0000:82.0.0)', '(0000:82.0.0)'],
    ['(41:00.0),(41:00.1)', ','],
    ['41:00.0', '41:00.0'],
    ['(41:00.0)(41:00.9)', '(41:00.9)'],
  ])('failure mode 30: %s is named by its bad piece', (value, bad) => {
    expect(parseHideList(value).bad).toBe(bad);
  });

  it('keeps the good elements around a bad one', () => {
    expect(parseHideList('(41:00.0)(0b::00.1)(41:00.1)').elements).toEqual([one, {...one, number: 1}]);
  });

  it('is written in the long form, each function once', () => {
    expect(renderHideList(['0000:41:00.1', '0000:41:00.0', '0000:41:00.1'])).toBe('(0000:41:00.0)(0000:41:00.1)');
  });
});
