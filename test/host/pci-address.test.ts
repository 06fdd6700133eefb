import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  comparePciAddresses,
  formatPciAddress,
  parsePciAddress,
  slotOf,
  splitPciAddress,
  type PciAddress,
} from '../../src/facts/pci-address.ts';

describe('parsePciAddress', () => {
  it.each([
    ['06:00.0', '0000:06:00.0'],
    ['0000:06:00.1', '0000:06:00.1'],
    ['0000:C1:1F.7', '0000:c1:1f.7'],
    ['10000:e1:00.0', '10000:e1:00.0'],
    ['00000035:01:00.0', '0035:01:00.0'],
    ['pci_0000_0b_00_1', '0000:0b:00.1'],
    ['pci_10000_e1_00_0', '10000:e1:00.0'],
  ])('reads %s as %s', (text, address) => {
    expect(parsePciAddress(text)).toBe(address);
  });

  it.each(['', '06:00', '06:00.8', '06:20.0', '000:06:00.0', 'pci0000:00', '0000:06:00.0 ', '10de:1c81', '../06:00.0'])(
    'takes %j for no address',
    (text) => {
      expect(parsePciAddress(text)).toBeNull();
    },
  );

  it('gives back what formatPciAddress wrote, for every location', () => {
    const location = fc.record({
      segment: fc.nat(0xfffff),
      bus: fc.nat(0xff),
      slot: fc.nat(0x1f),
      number: fc.nat(7),
    });
    fc.assert(
      fc.property(location, (one) => {
        const address = formatPciAddress(one);
        expect(parsePciAddress(address)).toBe(address);
        expect(splitPciAddress(address)).toEqual(one);
      }),
    );
  });
});

it('orders addresses by number, five-digit domains last', () => {
  const addresses: PciAddress[] = ['10000:e0:00.0', '0000:0a:00.0', '0001:00:00.0', '0000:02:00.1', '0000:02:00.0'];
  const sorted = addresses.sort(comparePciAddresses);

  expect(sorted).toEqual(['0000:02:00.0', '0000:02:00.1', '0000:0a:00.0', '0001:00:00.0', '10000:e0:00.0']);
});

it('names the slot that functions of one card share', () => {
  expect(slotOf('0000:06:00.1')).toBe('0000:06:00');
});
