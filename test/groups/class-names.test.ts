import {expect, it} from 'vitest';
import {describeClass} from '../../src/groups/class-names.ts';

it.each([
  ['030000', 'VGA compatible controller'],
  ['030200', '3D controller'],
  ['038000', 'Display controller'],
  ['040300', 'Audio device'],
  ['010601', 'SATA controller'],
  ['010802', 'NVMe controller'],
  ['0c0330', 'USB controller (xHCI)'],
  ['0c03fe', 'USB controller'],
  ['0403', 'Audio device'],
  ['0c80', 'Serial bus controller'],
  ['ff0000', 'Device of class ff00'],
])('puts %s in words', (pciClass, words) => {
  expect(describeClass(pciClass)).toBe(words);
});
