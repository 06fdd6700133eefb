import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseDmar} from '../../src/host/pci/acpi-dmar.ts';
import {acpiTable, u16, u64, zeros} from './acpi-bytes.ts';

const scope = (type: number, bus: number, ...path: readonly number[]): number[] => [
  type,
  6 + path.length,
  0,
  0,
  0,
  bus,
  ...path,
];
const unit = (flags: number, base: bigint, ...scopes: readonly number[][]): number[] =>
  block(0, [flags, 0, ...u16(0), ...u64(base), ...scopes.flat()]);
const region = (start: bigint, end: bigint, ...scopes: readonly number[][]): number[] =>
  block(1, [...u16(0), ...u16(0), ...u64(start), ...u64(end), ...scopes.flat()]);
const block = (type: number, content: readonly number[]): number[] => [
  ...u16(type),
  ...u16(content.length + 4),
  ...content,
];
const dmar = (flags: number, ...blocks: readonly number[][]): Uint8Array =>
  acpiTable('DMAR', [38, flags, ...zeros(10), ...blocks.flat()]);

const knowsNoBridge = (): null => null;

describe('parseDmar', () => {
  it('reads the header’s flags', () => {
    const {table, problems} = parseDmar(dmar(0b101), knowsNoBridge);

    expect(problems).toEqual([]);
    expect(table).toMatchObject({hostAddressWidth: 39, interruptRemapping: true, x2apicOptOut: false, dmaOptIn: true});
    expect(parseDmar(dmar(0b010), knowsNoBridge).table).toMatchObject({
      interruptRemapping: false,
      x2apicOptOut: true,
      dmaOptIn: false,
    });
  });

  it('reads units and reserved regions, and passes over blocks of other types', () => {
    const bytes = dmar(
      1,
      unit(0, 0xfed90000n, scope(1, 0, 2, 0)),
      block(4, zeros(20)),
      region(0x8d000000n, 0x8f7fffffn, scope(1, 0, 2, 0)),
      unit(1, 0xfed91000n),
    );

    expect(parseDmar(bytes, knowsNoBridge)).toEqual({
      problems: [],
      table: expect.objectContaining({
        units: [
          {segment: 0, base: '0x00000000fed90000', includesAll: false},
          {segment: 0, base: '0x00000000fed91000', includesAll: true},
        ],
        regions: [{start: '0x000000008d000000', end: '0x000000008f7fffff', devices: ['0000:00:02.0']}],
      }),
    });
  });

  it('follows a path through bridges whose secondary bus is known', () => {
    const bytes = dmar(1, region(0n, 0xfffn, scope(1, 0, 0x1c, 4, 0, 1)));

    expect(parseDmar(bytes, (address) => (address === '0000:00:1c.4' ? 3 : null)).table?.regions[0]?.devices).toEqual([
      '0000:03:00.1',
    ]);
    expect(parseDmar(bytes, knowsNoBridge).table?.regions[0]?.devices).toEqual([]);
  });

  it('names each device of a region once, and no IOAPIC', () => {
    const bytes = dmar(1, region(0n, 0xfffn, scope(1, 0, 0x1d, 0), scope(3, 0xf0, 0x1f, 0), scope(1, 0, 0x1d, 0)));

    expect(parseDmar(bytes, knowsNoBridge).table?.regions[0]?.devices).toEqual(['0000:00:1d.0']);
  });

  it.each([
    ['empty bytes', new Uint8Array(), /empty/],
    ['another signature', acpiTable('FACP', zeros(60)), /does not start with DMAR/],
    ['a header cut off', dmar(1).subarray(0, 40), /within its header/],
    ['more than firmware writes', new Uint8Array(2 ** 20 + 1), /more than any firmware/],
  ])('takes %s for no table', (_, bytes, reason) => {
    const {table, problems} = parseDmar(bytes, knowsNoBridge);

    expect(table).toBeNull();
    expect(problems).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['a block of length 0', dmar(1, unit(0, 1n), [...u16(1), ...u16(0)]), /impossible length/],
    ['a block longer than the table', dmar(1, unit(0, 1n), [...u16(1), ...u16(400)]), /impossible length/],
    ['a region without its end', dmar(1, unit(0, 1n), block(1, zeros(8))), /too short/],
    ['a scope of length 0', dmar(1, unit(0, 1n), region(0n, 1n, [1, 0])), /device scope/],
    ['a length beyond the bytes', dmar(1, unit(0, 1n), region(0n, 1n)).subarray(0, 70), /says 88 bytes/],
  ])('keeps the unit before %s, and says what is wrong', (_, bytes, reason) => {
    const {table, problems} = parseDmar(bytes, knowsNoBridge);

    expect(table?.units).toHaveLength(1);
    expect(problems).toContainEqual(expect.stringMatching(reason));
  });

  it('notices a byte that the checksum does not fit', () => {
    const bytes = dmar(1, unit(0, 1n));
    bytes[37] = 0;

    expect(parseDmar(bytes, knowsNoBridge).problems).toEqual(['the checksum of the table is wrong']);
  });

  it('never throws, whatever follows the signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 300}), fc.nat(255), (bytes, bus) => {
        expect(parseDmar(Uint8Array.from([...Buffer.from('DMAR'), ...bytes]), () => bus)).toHaveProperty('problems');
      }),
    );
  });
});
