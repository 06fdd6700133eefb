import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseIvrs} from '../../src/host/pci/acpi-ivrs.ts';
import {acpiTable, u16, u32, u64, zeros} from './acpi-bytes.ts';

const hardware = (type: number, device: number, base: bigint, segment = 0): number[] => {
  const rest = [
    ...u16(device),
    ...u16(0x40),
    ...u64(base),
    ...u16(segment),
    ...u16(0),
    ...u32(0),
    ...zeros(type === 0x10 ? 0 : 16),
  ];
  return [type, 0, ...u16(rest.length + 4), ...rest];
};
const memory = (type: number, flags: number, first: number, last: number, start: bigint, length: bigint): number[] => [
  type,
  flags,
  ...u16(32),
  ...u16(first),
  ...u16(last),
  ...zeros(8),
  ...u64(start),
  ...u64(length),
];
const ivrs = (...blocks: readonly number[][]): Uint8Array => acpiTable('IVRS', [...zeros(12), ...blocks.flat()]);

const unity = 1;
const exclusion = 8;

describe('parseIvrs', () => {
  it('counts an IOMMU once that is described three times', () => {
    const {table, problems} = parseIvrs(
      ivrs(hardware(0x10, 2, 0xfd00_0000n), hardware(0x11, 2, 0xfd00_0000n), hardware(0x40, 2, 0xfd00_0000n)),
      [],
    );

    expect(problems).toEqual([]);
    expect(table?.units).toEqual([{address: '0000:00:00.2', base: '0x00000000fd000000'}]);
  });

  it('counts each IOMMU of a machine with several', () => {
    const {table} = parseIvrs(
      ivrs(hardware(0x11, 0x0002, 1n), hardware(0x11, 0x2002, 2n), hardware(0x11, 0x0002, 3n, 1)),
      [],
    );

    expect(table?.units.map(({address}) => address)).toEqual(['0000:00:00.2', '0000:20:00.2', '0001:00:00.2']);
  });

  it.each([
    ['all devices', memory(0x20, unity, 0, 0, 0x1000n, 0x1000n), ['*']],
    ['one device', memory(0x21, unity, 0x00a5, 0, 0x1000n, 0x1000n), ['0000:00:14.5']],
    [
      'a range, as far as it is populated',
      memory(0x22, unity, 0x0600, 0x06ff, 0x1000n, 0x1000n),
      ['0000:06:00.0', '0000:06:00.1'],
    ],
    [
      'a range of nothing known, by its ends',
      memory(0x22, unity, 0x0900, 0x0901, 0x1000n, 0x1000n),
      ['0000:09:00.0', '0000:09:00.1'],
    ],
    [
      'an exclusion range, which the kernel maps too',
      memory(0x21, exclusion, 0x00a5, 0, 0x1000n, 0x1000n),
      ['0000:00:14.5'],
    ],
  ])('reads the region of %s', (_, block, devices) => {
    const {table} = parseIvrs(ivrs(block), ['0000:00:01.0', '0000:06:00.0', '0000:06:00.1', '0000:07:00.0']);

    expect(table?.regions).toEqual([{start: '0x0000000000001000', end: '0x0000000000001fff', devices}]);
  });

  it('leaves out memory that is not to be mapped', () => {
    expect(parseIvrs(ivrs(memory(0x21, 0, 2, 0, 0x1000n, 0x1000n)), []).table?.regions).toEqual([]);
  });

  it('says what is too short and keeps the rest', () => {
    const {table, problems} = parseIvrs(
      ivrs([0x11, 0, ...u16(8), 2, 0, 0, 0], hardware(0x11, 2, 1n), [0x21, 1, ...u16(4)]),
      [],
    );

    expect(table?.units).toHaveLength(1);
    expect(problems).toEqual([
      expect.stringMatching(/memory block.*too short|hardware block/),
      expect.stringMatching(/too short/),
    ]);
  });

  it('takes another table for none', () => {
    expect(parseIvrs(acpiTable('DMAR', zeros(40)), []).table).toBeNull();
  });

  it('never throws, whatever follows the signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 300}), (bytes) => {
        expect(parseIvrs(Uint8Array.from([...Buffer.from('IVRS'), ...bytes]), ['0000:00:01.0'])).toHaveProperty(
          'problems',
        );
      }),
    );
  });
});
