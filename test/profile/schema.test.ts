import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {decodeProfile, profileSchema} from '../../src/pipeline/profile-file.ts';

const directory = join(import.meta.dirname, '../../profiles');
const check = new Ajv2020({allErrors: true}).compile(profileSchema());

const verdicts = (text: string): {readonly schema: boolean; readonly decoder: boolean} => ({
  schema: check(parse(text)),
  decoder: decodeProfile(text, 'fleet.yaml').profile !== null,
});

const profile = (device: string, {vcpus = '4', size = '4 GiB'} = {}): string =>
  `version: 2\nname: fleet\ndevices:\n  - ${device}\ncpu: {vcpus: ${vcpus}}\nmemory: {size: ${size}}\nguest: {name: win}\n`;

const keys = [
  'id: 10de:2504',
  'subsystem: 1458:4074',
  'class: "03"',
  'slot: 0000:00:03.2',
  'node: 1',
  'boot: no',
  'nth: 2',
] as const;

describe('the schema for editors and the decoder agree', () => {
  it.each(readdirSync(directory).filter((name) => name.endsWith('.yaml')))('on %s', (name) =>
    expect(verdicts(readFileSync(join(directory, name), 'utf8'))).toEqual({schema: true, decoder: true}),
  );

  it('on each set of keys of `match`, with and without a ROM', () => {
    for (let bits = 0; bits < 2 ** keys.length; bits += 1) {
      const match = `match: {${keys.filter((_, at) => (bits >> at) & 1).join(', ')}}`;
      for (const device of [`{${match}}`, `{${match}, rom: /srv/card.rom}`])
        expect([device, verdicts(profile(device))]).toEqual([device, {schema: true, decoder: true}]);
    }
  });

  it.each([
    ['a key that there is not', '{match: {vendor: 10de}}'],
    ['a misspelt one next to it', '{match: {id: 10de:2504}, roms: /a}'],
    ['an id that is none', '{match: {id: 10de}}'],
    ['a class that is none', '{match: {class: vga}}'],
    ['a slot that is none', '{match: {slot: "41"}}'],
    ['a number that is none', '{match: {nth: 0}}'],
    ['a node that is none', '{match: {node: -1}}'],
    ['a yes that is none', '{match: {boot: maybe}}'],
    ['a list', '{match: [10de:2504]}'],
    ['an address next to it', '{match: {id: 10de:2504}, address: 0000:01:00.0}'],
  ])('on %s: both refuse it', (_, device) =>
    expect(verdicts(profile(device))).toEqual({schema: false, decoder: false}),
  );

  it.each([
    ['all but 2 cores', '4 GiB', true],
    ['all but 1 core', 'all but 8 GiB', true],
    ['4', 'all but 512 MiB', true],
    ['all but two cores', '4 GiB', false],
    ['4', 'all but 8', false],
    ['all', '4 GiB', false],
    ['4', 'all but 8 TiB', false],
  ])('on %s and %s', (vcpus, size, isGood) =>
    expect(verdicts(profile('{match: {class: "03"}}', {vcpus, size}))).toEqual({schema: isGood, decoder: isGood}),
  );
});
