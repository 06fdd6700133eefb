import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {editXlConfig} from '../../src/formats/xl-config/edit.ts';
import {parseXlConfig, type XlValue} from '../../src/formats/xl-config/parse.ts';
import {textOf} from '../hypervisor/xen/decide.ts';
import {xenFacts} from '../support/xen-facts.ts';

const directory = process.env['XLUTIL_DIRECTORY'] ?? '/usr/lib/x86_64-linux-gnu';
const library = existsSync(directory)
  ? readdirSync(directory).find((name) => /^libxlutil\.so\.\d+\.\d+$/.test(name))
  : undefined;

/** Debian: libxenmisc4.17; `XLUTIL_DIRECTORY` is where it was unpacked without installing it. */
const asXlReads = (texts: readonly string[]): readonly (Readonly<Record<string, XlValue>> | null)[] => {
  const input = texts.map((text) => ({text, names: [...new Set(text.match(/[a-z][_0-9a-z]*/g))]}));
  const script = join(import.meta.dirname, '../support/read-xl-config.py');
  const {stdout, stderr} = spawnSync('python3', [script, join(directory, library ?? '')], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    env: {...process.env, LD_LIBRARY_PATH: directory},
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof asXlReads>;
};

const asWeRead = (text: string): Readonly<Record<string, XlValue>> | null => {
  const config = parseXlConfig(text);
  return config.ok ? Object.fromEntries(config.settings.map(({name, value}) => [name, value])) : null;
};

const texts = [
  "name = 'a\"b'\nmemory=0x200 ; vcpus = 2 # two\n",
  'disk = [ "one", # first\n  \'two\',\n]\n',
  'a = 1; b = 2; ; c = 3',
  'a = 1\na = 2\n',
  'a = [ ]\nb = [ "x", ]\n',
  'extra = "x \\"y\\" \\\\ z"\n',
  'memory 512\n',
  'Memory = 512\n',
  'memory = 512 1024\n',
  'disk = [ "a" "b" ]\n',
  'disk = [ "a"\n',
  'name = "a\nb"\n',
  '= 3\n',
  'a-b = 3\n',
  'a = b\n',
  '# nothing\n\n',
  'a = 1\r\nb = "2"\r\n',
  'a = "é"\n',
];

describe.skipIf(library === undefined)('xl’s own library (needs libxenmisc)', () => {
  it('reads each text as we do, and refuses what we refuse', () => {
    expect(texts.map(asWeRead)).toEqual(asXlReads(texts));
  });

  it('reads what we write: a new guest, and one that is edited', () => {
    const path = '/etc/xen/win.cfg';
    const before = 'name = "win"; type = "hvm"\npci = [ \'00:1b.0\',\n "41:00.0" ] # two\n';
    const written = [textOf(xenFacts(), path), textOf(xenFacts({[path]: before}), path)].map((text) => text ?? '');
    expect(asXlReads(written)).toEqual(written.map(asWeRead));
    expect(asXlReads(written)).toMatchObject([
      {name: 'win', type: 'hvm', pci: ['0000:41:00.0'], cpus: ['2', '3'], vga: 'none'},
      {name: 'win', type: 'hvm', pci: ['00:1b.0', '41:00.0'], cpus: ['2', '3']},
    ]);
  });

  it('reads quotes and backslashes of an edit back', () => {
    const value = String.raw`a "b" \c 'd'`;
    const edited = editXlConfig('', new Map([['name', value]]));
    expect(edited.ok && asXlReads([edited.text])).toEqual([{name: value}]);
  });
});
