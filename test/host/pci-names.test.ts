import {expect, it} from 'vitest';
import {parsePciIds} from '../../src/host/pci/pci-names.ts';

const ids = `# comment
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t6611  Oland
10de  NVIDIA Corporation
\t1c81  GP107 [GeForce GTX 1050]
\t\t1043 85d8  a board
\t1C82  GP107 [GeForce GTX 1050 Ti]
C 03  Display controller
\t00  VGA compatible controller
`;

it('finds the wanted ids and nothing else', () => {
  const names = parsePciIds(ids, [
    {vendor: '10de', device: '1c81'},
    {vendor: '10de', device: '1c82'},
    {vendor: '10de', device: 'ffff'},
  ]);

  expect(Object.fromEntries(names)).toEqual({
    '10de': 'NVIDIA Corporation',
    '10de:1c81': 'GP107 [GeForce GTX 1050]',
    '10de:1c82': 'GP107 [GeForce GTX 1050 Ti]',
  });
});

it('does not give a device of one vendor to the next', () => {
  expect(parsePciIds(ids, [{vendor: '10de', device: '6611'}]).has('10de:6611')).toBe(false);
});

it.each(['', '\n', '\t1c81  orphan\n', '10de'])('finds nothing in %j', (text) => {
  expect(parsePciIds(text, [{vendor: '10de', device: '1c81'}]).size).toBe(0);
});
