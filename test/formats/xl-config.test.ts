import {describe, expect, it} from 'vitest';
import {editXlConfig} from '../../src/formats/xl-config/edit.ts';
import {parseXlConfig, xlListOf, xlTextOf} from '../../src/formats/xl-config/parse.ts';
import {givesFunction, parseXlPci} from '../../src/formats/xl-config/pci.ts';

const settingsOf = (text: string) => {
  const config = parseXlConfig(text);
  if (!config.ok) throw new Error(config.reason);
  return config.settings;
};

const edited = (text: string, wishes: Readonly<Record<string, string | number | readonly string[] | null>>): string => {
  const result = editXlConfig(text, new Map(Object.entries(wishes)));
  if (!result.ok) throw new Error(result.reason);
  return result.text;
};

describe('a guest’s file of xl', () => {
  it('has texts in either quotes, numbers, and lists over lines with comments in them', () => {
    const settings = settingsOf(
      `name = 'a"b'\nmemory=0x200 ; vcpus = 2 # two\ndisk = [ "one", # first\n  'two',\n]\nextra = "x \\"y\\" \\\\ z"\n`,
    );
    expect(xlTextOf(settings, 'name')).toBe('a"b');
    expect(xlTextOf(settings, 'memory')).toBe('0x200');
    expect(xlTextOf(settings, 'vcpus')).toBe('2');
    expect(xlListOf(settings, 'disk')).toEqual(['one', 'two']);
    expect(xlTextOf(settings, 'extra')).toBe(String.raw`x "y" \ z`);
  });

  it('has what its last statement says', () => {
    expect(xlTextOf(settingsOf('memory = 1\nmemory = 2\n'), 'memory')).toBe('2');
  });

  it.each([
    ['memory 512\n', 7, /followed by =/],
    ['memory = \n', 9, /a value is/],
    ['Memory = 512\n', 0, /does not understand "M"/],
    ['disk = [ "a" "b" ]\n', 13, /comma/],
    ['disk = [ "a"', 12, /not closed/],
    ['name = "a\nb"\n', 7, /does not understand/],
    ['memory = 512 1024\n', 13, /goes on/],
    ['= 3\n', 0, /begins with the name/],
    [`a = ${'['.repeat(200_000)}`, 12, /more than 8 deep/],
  ])('is refused with the place of what xl would not read: %j', (text, offset, reason) => {
    expect(parseXlConfig(text)).toEqual({ok: false, offset, reason: expect.stringMatching(reason)});
  });
});

describe('an edit', () => {
  const text = `# by hand\nname='mail'\nmemory = 0256;vcpus = 1\npci = [ '01:00.0' ]   # the sound\r\non_crash = "restart"`;

  it('changes the value and keeps every other byte', () => {
    expect(edited(text, {vcpus: 4, name: 'mail'})).toBe(text.replace('vcpus = 1', 'vcpus = 4'));
  });

  it('adds what is missing behind the last line', () => {
    expect(edited(text, {pci: ['01:00.0'], cpus: ['2', '3']})).toBe(`${text}\ncpus = [ "2", "3" ]\n`);
  });

  it('leaves a value that says the same in another way', () => {
    expect(edited('memory = "512"\n', {memory: 512})).toBe('memory = "512"\n');
  });

  it('takes a setting out with its line, or alone where others share the line', () => {
    expect(edited('a = 1\n  b = 2\nc = 3\n', {b: null})).toBe('a = 1\nc = 3\n');
    expect(edited('a = 1; b = 2\n', {a: null})).toBe('; b = 2\n');
  });

  it('writes quotes and backslashes so that they are read back', () => {
    const name = String.raw`a "b" \c`;
    expect(xlTextOf(settingsOf(edited('', {name})), 'name')).toBe(name);
  });

  it.each([
    ['memory = 1\nmemory = 2\n', 11, /set twice/],
    ['memory += 1\n', 0, /\+=/],
    ['memory = [\n', 11, /value is/],
  ])('is refused where the file can’t be understood for certain: %j', (before, offset, reason) => {
    expect(editXlConfig(before, new Map([['memory', 512]]))).toEqual({
      ok: false,
      offset,
      reason: expect.stringMatching(reason),
    });
  });
});

describe('an element of pci', () => {
  it.each(['41:00.0', '0000:41:00.0', '0000:41:00.*', '41:00.0@5,permissive=1', 'bdf=0000:41:00.0,name=gpu'])(
    '%s gives 0000:41:00.0',
    (element) => {
      const device = parseXlPci(element);
      expect(device !== null && givesFunction(device, '0000:41:00.0')).toBe(true);
      expect(device !== null && givesFunction(device, '0001:41:00.0')).toBe(false);
    },
  );

  it.each(['41.00.0', '41:00.8', '00000:41:00.0', 'name=gpu', ''])('%j names no function', (element) => {
    expect(parseXlPci(element)).toBeNull();
  });
});
