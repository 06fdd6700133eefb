import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseRecords, parseXapiMap, renderRecords} from '../../../src/formats/xapi/records.ts';
import {parseMask, renderMask} from '../../../src/formats/xapi/vcpu-mask.ts';
import {mergeVmPci, parseVmPci} from '../../../src/formats/xapi/vm-pci.ts';

/**
 * What XAPI makes of `other-config:pci`, our own code after what its expressions were seen to do: elements between commas,
 * each scanned as number, slash and four parts of an address; what does not scan is dropped; sorted by the number, ties in
 * reverse order of the text.
 */
const xapiReads = (text: string): readonly string[] =>
  text
    .split(',')
    .flatMap((element) => {
      const [, order, address] = /^(\d+)\/([\dA-Fa-f]{4}:[\dA-Fa-f]{2}:[\dA-Fa-f]{2}\.\d)/.exec(element) ?? [];
      return order === undefined || address === undefined ? [] : [{order: Number(order), address}];
    })
    .toReversed()
    .toSorted((one, other) => one.order - other.order)
    .map(({address}) => address);

/** Likewise `VCPUs-params:mask`: any number that is none makes it nothing at all. */
const xapiPins = (text: string): readonly (readonly number[])[] => {
  const groups = text.split(';').map((group) => group.split(','));
  return groups.flat().every((cpu) => /^\d+$/.test(cpu)) ? groups.map((group) => group.map(Number)) : [];
};

describe('other-config:pci', () => {
  const addresses = fc.uniqueArray(
    fc
      .tuple(fc.integer({min: 0, max: 255}), fc.integer({min: 0, max: 31}), fc.integer({min: 0, max: 7}))
      .map(
        ([bus, slot, number]) =>
          `0000:${bus.toString(16).padStart(2, '0')}:${slot.toString(16).padStart(2, '0')}.${number}`,
      ),
    {maxLength: 6},
  );

  it('is read by XAPI with every device that is wanted, ours last and in order', () => {
    fc.assert(
      fc.property(addresses, addresses, (present, wanted) => {
        const before = present.map((address, index) => `${index}/${address}`).join(',');
        const read = xapiReads(mergeVmPci(before, wanted));
        expect(read).toEqual([...present, ...wanted.filter((address) => !present.includes(address))]);
      }),
    );
  });

  it.each([' 0/0000:04:01.0', '0/04:01.0', '0000:04:01.0', 'x/0000:04:01.0', '0/0000:04:01', '0 /0000:04:01.0'])(
    'drops %j as XAPI does, and says so',
    (element) => {
      expect(xapiReads(element)).toEqual([]);
      expect(parseVmPci(`0/0000:05:00.0,${element}`)).toMatchObject({
        devices: [{address: '0000:05:00.0'}],
        dropped: [element],
      });
    },
  );

  it('keeps the order of what is there, and names nothing twice', () => {
    expect(mergeVmPci('3/0000:05:00.0,3/0000:05:00.0', ['0000:05:00.0', '0000:06:00.0'])).toBe(
      '3/0000:05:00.0,4/0000:06:00.0',
    );
    expect(mergeVmPci('', [])).toBe('');
  });
});

describe('VCPUs-params:mask', () => {
  it('is read by XAPI as it was meant', () => {
    const groups = fc.array(fc.array(fc.integer({min: 0, max: 511}), {minLength: 1, maxLength: 4}), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(groups, (wanted) => {
        expect(xapiPins(renderMask(wanted))).toEqual(wanted);
        expect(parseMask(renderMask(wanted))).toEqual(wanted);
      }),
    );
  });

  it.each(['8-15', '8, 9', '8,9,', '8;', '', 'all'])('%j is ignored as a whole', (mask) => {
    expect(xapiPins(mask)).toEqual([]);
    expect(parseMask(mask)).toBeNull();
  });
});

describe('records of xe', () => {
  it('are read by field, and written again', () => {
    const text = 'uuid ( RO)    : 1\n   name-label ( RW): a: b\n   platform (MRW): x: 1; y: 2\n\n\nuuid ( RO)  : 2\n';
    const records = parseRecords(text);
    expect(records).toEqual([{uuid: '1', 'name-label': 'a: b', platform: 'x: 1; y: 2'}, {uuid: '2'}]);
    expect(parseRecords(renderRecords(records))).toEqual(records);
  });

  it('have maps whose values may hold a semicolon', () => {
    expect(parseXapiMap('weight: 512; mask: 2;3')).toEqual({weight: '512', mask: '2;3'});
  });

  it('take no second value from a text of several lines', () => {
    expect(
      parseRecords('uuid ( RO): 1\nname-description ( RW): x\npower-state ( RO): halted\npower-state ( RO): running\n'),
    ).toEqual([{uuid: '1', 'name-description': 'x', 'power-state': 'halted'}]);
  });
});
