import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {formatCpuList, parseCpuList, parseCpuMask, parseKernelNumber} from '../../src/facts/kernel-lists.ts';

describe('parseCpuList', () => {
  it.each([
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['0', [0]],
    ['8,0-1\n', [0, 1, 8]],
    ['0-2,1-3', [0, 1, 2, 3]],
    ['0-1\n\0', [0, 1]],
    ['', []],
    ['\n', []],
    ['0-', null],
    ['0-3,', null],
    ['3-0', null],
    ['-1', null],
    ['0x3', null],
    ['0-3;8', null],
    ['0-4294967295', null],
    ['99999999999999999999', null],
    ['0,'.repeat(100_000), null],
  ])('reads %j as %j', (text, expected) => {
    expect(parseCpuList(text)).toEqual(expected);
  });

  it('reads back what formatCpuList writes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(8191), {maxLength: 200}), (ids) => {
        expect(parseCpuList(formatCpuList(ids))).toEqual(ids.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('parseCpuMask', () => {
  it.each([
    ['00000000,55555555', [...Array(16).keys()].map((n) => n * 2)],
    ['ff', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['1,00000000', [32]],
    ['1,0', [32]],
    ['0000,00000000,80000000,00000001\n', [0, 63]],
    ['00000000', []],
    ['8000000000000000', [63]],
    ['', null],
    ['0x3', null],
    ['fg', null],
    ['f,', null],
    ['f'.repeat(70_000), null],
    ['f'.repeat(4000), null],
  ])('reads %j', (text, expected) => {
    expect(parseCpuMask(text)).toEqual(expected);
  });
});

describe('formatCpuList', () => {
  it.each([
    [[0, 1, 2, 8], '0-2,8'],
    [[8, 2, 1, 0, 0], '0-2,8'],
    [[5], '5'],
    [[0, 2, 4], '0,2,4'],
    [[], ''],
  ])('writes %j as %j', (ids, expected) => {
    expect(formatCpuList(ids)).toBe(expected);
  });
});

describe('parseKernelNumber', () => {
  it.each([
    ['12\n', 12],
    ['0', 0],
    ['-1\n', null],
    ['', null],
    ['1.5', null],
    ['12 kB', null],
    ['9'.repeat(30), null],
  ])('reads %j as %j', (text, expected) => {
    expect(parseKernelNumber(text)).toBe(expected);
  });
});
