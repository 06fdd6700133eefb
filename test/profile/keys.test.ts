import {describe, expect, it} from 'vitest';
import {documentedKeys} from '../../src/pipeline/profile-file.ts';
import {editDistance, nearestWord} from '../../src/profile/nearest.ts';
import {profileSchema} from '../../src/pipeline/profile-file.ts';

describe('the table of keys', () => {
  it('says type, default and meaning of every key', () => {
    const keys = documentedKeys();
    expect(keys.length).toBeGreaterThan(35);
    expect(
      keys.filter(({type, meaning, default: fallback}) => type === '' || !meaning.endsWith('.') || fallback === ''),
    ).toEqual([]);
    expect(new Set(keys.map(({path}) => path)).size).toBe(keys.length);
    expect(keys.find(({path}) => path === 'memory.hostReserve')).toMatchObject({default: 'auto'});
    expect(keys.filter((key) => key.default === 'required').map(({path}) => path)).toEqual([
      'version',
      'devices',
      'cpu',
      'memory',
      'guest',
      'devices[].address',
      'devices[].function',
      'devices[].function.of',
      'devices[].function.of.address',
      'devices[].function.index',
      'devices[].anyFunction',
      'devices[].anyFunction.of',
      'devices[].anyFunction.of.address',
      'devices[].usb',
      'devices[].usb.id',
      'devices[].mdev',
      'devices[].mdev.uuid',
      'devices[].mdev.attributes[].name',
      'devices[].mdev.attributes[].value',
      'devices[].match',
      'cpu.vcpus',
      'memory.size',
      'guest.name',
      'guest.lookingGlass.user',
      'guest.share[].dir',
      'guest.share[].tag',
    ]);
  });

  it('makes a schema that knows every key', () => {
    const schema = JSON.stringify(profileSchema());
    expect(profileSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
    });
    expect(documentedKeys().filter(({path}) => !schema.includes(`"${path.split('.').at(-1)}":{`))).toEqual([]);
  });
});

describe('a suggestion', () => {
  it.each([
    ['hugepage', 'hugepages'],
    ['huegpages', 'hugepages'],
    ['HUGEPAGES', 'hugepages'],
    ['sise', 'size'],
    ['address', null],
    ['', null],
  ])('for %j is %j', (word, expected) => {
    expect(nearestWord(word, ['size', 'hugepages', 'node', 'hostReserve'])).toBe(expected);
  });

  it('counts a swap of neighbours once', () => {
    expect(editDistance('npis', 'pins')).toBe(2);
    expect(editDistance('pisn', 'pins')).toBe(1);
  });
});
