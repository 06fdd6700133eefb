import {expect, it} from 'vitest';
import {parseResizeBitmap, parseResources} from '../../src/host/pci/pci-resources.ts';

const none = '0x0000000000000000 0x0000000000000000 0x0000000000000000';

const resource = (...rows: string[]): string =>
  `${[...rows, ...Array.from({length: 13 - rows.length}, () => none)].join('\n')}\n`;

it('reads base, size and kind of each BAR that is there', () => {
  const bars = parseResources(
    resource(
      '0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200',
      '0x000000e000000000 0x000000e00fffffff 0x000000000014220c',
      none,
      none,
      none,
      '0x000000000000e000 0x000000000000e07f 0x0000000000040101',
      '0x00000000f7000000 0x00000000f707ffff 0x0000000000046200',
    ),
  );

  expect(bars.map((bar) => [bar.index, bar.sizeBytes, bar.isMemory, bar.is64Bit, bar.isPrefetchable])).toEqual([
    [0, 16 * 2 ** 20, true, false, false],
    [1, 256 * 2 ** 20, true, true, true],
    [5, 128, false, false, false],
    [6, 512 * 2 ** 10, true, false, true],
  ]);
  expect(bars[1]?.start).toBe('0x000000e000000000');
});

it('marks a BAR that the kernel could not place', () => {
  const [bar] = parseResources(resource('0x0000000000000000 0x00000003ffffffff 0x000000002014220c'));

  expect(bar).toMatchObject({sizeBytes: 16 * 2 ** 30, isUnset: true});
});

it('leaves out bridge windows, which stand after the expansion ROM', () => {
  const rows = Array.from({length: 7}, () => none);

  expect(parseResources(resource(...rows, '0x0000000000003000 0x0000000000003fff 0x0000000000000101'))).toEqual([]);
});

it.each(['', 'nonsense', '0x1', `${none}\n0xzz 0x1 0x200`])('finds no BAR in %j', (text) => {
  expect(parseResources(text)).toEqual([]);
});

it.each([
  ['0000000000003f00\n', [256, 512, 1024, 2048, 4096, 8192]],
  ['0x1', [1]],
  ['', []],
  ['what', []],
])('reads the resize bitmap %j as sizes in MiB', (text, sizes) => {
  expect(parseResizeBitmap(text)).toEqual(sizes);
});
