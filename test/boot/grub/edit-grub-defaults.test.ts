import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {editGrubDefaults} from '../../../src/boot/grub/edit-grub-defaults.ts';
import {describePlace} from '../../../src/findings/finding.ts';
import {readGrubCommandLine} from './read-grub-command-line.ts';
import {figure} from '../../figures/figure.ts';
import {corpusDirectory} from '../../support/shared-data.ts';
import {sourceWithDash, words} from './source-with-dash.ts';

const file = '/etc/default/grub';
const edit = {
  add: ['intel_iommu=on'],
  remove: [],
  ownedKeys: ['intel_iommu', 'vfio-pci.ids', 'hugepages', 'hugepagesz', 'default_hugepagesz'],
};
const pages = {...edit, add: ['intel_iommu=on', 'hugepagesz=2M', 'hugepages=0:512,1:0']};

const edited = (text: string, what: typeof edit = edit): string => {
  const result = editGrubDefaults(text, what, file);
  if (!result.ok) throw new Error(result.finding.message);
  return result.text;
};
const refusal = (text: string, what: typeof edit = edit): string => {
  const result = editGrubDefaults(text, what, file);
  if (result.ok) throw new Error(`not refused: ${result.text}`);
  const {at, message} = result.finding;
  return `${at === undefined ? 'nowhere' : describePlace(at)}: ${message}`;
};

const cases: readonly (readonly [string, string, string])[] = [
  [
    'double quotes',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash intel_iommu=on"\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'single quotes',
    'GRUB_CMDLINE_LINUX_DEFAULT=\'quiet splash\'\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT=\'quiet splash intel_iommu=on\'\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'a comment behind',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash" # mine\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash intel_iommu=on" # mine\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'a bare word',
    'GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'escaped quotes',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet dyndbg=\\"file a.c +p\\" splash"\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet dyndbg=\\"file a.c +p\\" splash intel_iommu=on"\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'two consoles',
    'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0,115200 console=tty0 quiet"\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0,115200 console=tty0 quiet intel_iommu=on"\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'no DEFAULT line',
    'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="rd.luks.uuid=x quiet"\n',
    'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="rd.luks.uuid=x quiet"\nGRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"\n',
  ],
  [
    'stale ids',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet vfio-pci.ids=dead:beef"\nGRUB_CMDLINE_LINUX=""\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"\nGRUB_CMDLINE_LINUX=""\n',
  ],
  [
    'both in single quotes',
    "GRUB_CMDLINE_LINUX_DEFAULT='quiet splash'\nGRUB_CMDLINE_LINUX=''\n",
    "GRUB_CMDLINE_LINUX_DEFAULT='quiet splash intel_iommu=on'\nGRUB_CMDLINE_LINUX=''\n",
  ],
  [
    'an empty DEFAULT and LUKS in LINUX',
    'GRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="rd.luks.uuid=x"\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"\nGRUB_CMDLINE_LINUX="rd.luks.uuid=x"\n',
  ],
];

describe('failure modes 13 and 14: editGrubDefaults', () => {
  it.each(cases)('edits %s and nothing else', (_name, before, after) => {
    expect(edited(before)).toBe(after);
    expect(edited(after)).toBe(after);
    const [sourced] = sourceWithDash([after]);
    expect(words(sourced?.linuxDefault ?? '')).toContain('intel_iommu=on');
  });

  it.each([
    [
      'keeps double spaces between foreign tokens',
      'GRUB_CMDLINE_LINUX_DEFAULT="a  vfio_pci.ids=1:2  b"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="a  b intel_iommu=on"\n',
    ],
    [
      'takes a stale token out of GRUB_CMDLINE_LINUX',
      'GRUB_CMDLINE_LINUX="x hugepages=4 y"\nGRUB_CMDLINE_LINUX_DEFAULT="q"',
      'GRUB_CMDLINE_LINUX="x y"\nGRUB_CMDLINE_LINUX_DEFAULT="q intel_iommu=on"',
    ],
    [
      'edits only the last of several assignments',
      'GRUB_CMDLINE_LINUX_DEFAULT="a"\nGRUB_CMDLINE_LINUX_DEFAULT="b"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="a"\nGRUB_CMDLINE_LINUX_DEFAULT="b intel_iommu=on"\n',
    ],
    [
      'edits both parts of a value that refers to itself',
      'GRUB_CMDLINE_LINUX_DEFAULT="a hugepages=1"\nGRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT b"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="a"\nGRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT b intel_iommu=on"\n',
    ],
    [
      'goes before a += of bash',
      'GRUB_CMDLINE_LINUX_DEFAULT="a"\nGRUB_CMDLINE_LINUX_DEFAULT+=" b"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on a"\nGRUB_CMDLINE_LINUX_DEFAULT+=" b"\n',
    ],
    [
      'goes before --, behind which arguments belong to init',
      'GRUB_CMDLINE_LINUX_DEFAULT="a -- b"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on a -- b"\n',
    ],
    [
      'goes before the carriage return of a CRLF file',
      'GRUB_CMDLINE_LINUX_DEFAULT="a b"\r\n# c\r\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on a b"\r\n# c\r\n',
    ],
    [
      'keeps a continued line',
      'GRUB_CMDLINE_LINUX_DEFAULT="a \\\n  vfio-pci.ids=1:2 \\\n  b"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="a\\\n \\\n  b intel_iommu=on"\n',
    ],
    [
      'joins adjacent quotations',
      'export GRUB_CMDLINE_LINUX_DEFAULT="a "\'b\'\n',
      'export GRUB_CMDLINE_LINUX_DEFAULT="a "\'b intel_iommu=on\'\n',
    ],
    [
      'takes a $ before the closing quote for what it is',
      'GRUB_CMDLINE_LINUX_DEFAULT="a x=$"\nGRUB_X="\\\\"\n',
      'GRUB_CMDLINE_LINUX_DEFAULT="a x=$ intel_iommu=on"\nGRUB_X="\\\\"\n',
    ],
    [
      'keeps own variables',
      'M="x y"\nGRUB_CMDLINE_LINUX_DEFAULT="${N} $M a"\n',
      'M="x y"\nGRUB_CMDLINE_LINUX_DEFAULT="${N} $M a intel_iommu=on"\n',
    ],
    [
      'adds the final newline that is missing',
      'GRUB_TIMEOUT=1',
      'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"\n',
    ],
    [
      'ignores here-documents',
      'cat <<\'E\'\nGRUB_CMDLINE_LINUX_DEFAULT="x"\nE\nGRUB_CMDLINE_LINUX_DEFAULT="y"\n',
      'cat <<\'E\'\nGRUB_CMDLINE_LINUX_DEFAULT="x"\nE\nGRUB_CMDLINE_LINUX_DEFAULT="y intel_iommu=on"\n',
    ],
  ])('%s', (_name, before, after) => {
    expect(edited(before)).toBe(after);
    expect(edited(after)).toBe(after);
  });

  it('keeps hugepagesz and hugepages together, and leaves the right ones where they are', () => {
    const same = 'GRUB_CMDLINE_LINUX_DEFAULT="intel-iommu=on hugepagesz=2M hugepages=0:512,1:0 quiet"\n';
    expect(edited(same, pages)).toBe(same);
    expect(
      edited('GRUB_CMDLINE_LINUX_DEFAULT="hugepagesz=1G hugepages=4 quiet hugepagesz=2M hugepages=0:512,1:0"\n', pages),
    ).toBe('GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on hugepagesz=2M hugepages=0:512,1:0"\n');
  });

  it.each([
    ['an assignment in if', 'A=1\nif true; then\n  GRUB_CMDLINE_LINUX_DEFAULT="a"\nfi\n', '3:3'],
    ['a command substitution', 'GRUB_CMDLINE_LINUX_DEFAULT="a $(uname -r)"\n', '1:31'],
    ['backquotes', 'GRUB_CMDLINE_LINUX_DEFAULT=`uname`\n', '1:28'],
    ['two words without quotes', 'GRUB_CMDLINE_LINUX_DEFAULT=quiet splash\n', '"splash"'],
    ['a space before =', 'GRUB_CMDLINE_LINUX_DEFAULT ="quiet"\n', 'no space before ='],
    ['a byte order mark before the name', '\uFEFFGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n', 'byte order mark'],
    ["$'…'", "GRUB_CMDLINE_LINUX_DEFAULT=$'quiet'\n", 'different things'],
    ['&&', 'true && GRUB_CMDLINE_LINUX_DEFAULT="a"\n', 'condition'],
    ['a function', 'f() { GRUB_CMDLINE_LINUX_DEFAULT="a"; }\nf\n', 'condition'],
    ['eval', 'GRUB_CMDLINE_LINUX_DEFAULT="a"\neval "$X"\n', '2:1'],
    ['something made from the value', 'GRUB_CMDLINE_LINUX_DEFAULT="a"\nX="$GRUB_CMDLINE_LINUX_DEFAULT"\n', '2:4'],
    ['an open quotation', 'A="b\n', '1:3'],
    ['NUL', 'A=b\0\n', 'NUL'],
    ['-- in GRUB_CMDLINE_LINUX', 'GRUB_CMDLINE_LINUX="a -- b"\n', 'init'],
    ['a stale token with a parameter of the shell', 'GRUB_CMDLINE_LINUX_DEFAULT="hugepages=$1"\n', 'another variable'],
    ['a stale token from another variable', 'X="hugepages=3"\nGRUB_CMDLINE_LINUX_DEFAULT="$X"\n', 'another variable'],
    ['an array', 'GRUB_CMDLINE_LINUX_DEFAULT=(a b)\n', 'no ( here'],
    ['a command that goes on behind the last line', 'echo b \\\n', 'mean'],
    [
      'more than the kernel reads',
      `GRUB_CMDLINE_LINUX_DEFAULT="${'a=1 '.repeat(28_000)}"\n`,
      "This file can't be edited safely: the value is longer than the 2047 bytes",
    ],
  ])('refuses %s', (_name, text, reason) => expect(refusal(text)).toContain(reason));

  it.each([
    '$('.repeat(100_000),
    '('.repeat(100_000),
    '${'.repeat(100_000),
    '{ '.repeat(100_000),
    `GRUB_CMDLINE_LINUX_DEFAULT="${'$GRUB_CMDLINE_LINUX_DEFAULT'.repeat(3)}"\n`.repeat(40),
  ])('refuses what is nested without end instead of falling over it', (text) =>
    expect(refusal(text)).toContain('edited safely'),
  );

  it('edits behind a line of a megabyte', () => {
    const line = `# ${'x'.repeat(1_000_000)}\n`;
    expect(edited(`${line}GRUB_CMDLINE_LINUX_DEFAULT=""`)).toBe(`${line}GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"`);
  });

  it('does not write an argument that would need quotes', () => {
    expect(refusal('GRUB_CMDLINE_LINUX_DEFAULT=""\n', {...edit, add: ['a"; reboot']})).toContain('quotes');
  });
});

describe('readGrubCommandLine', () => {
  it('tells each token with its place', () => {
    const result = readGrubCommandLine('X=z\nGRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX_DEFAULT="$X b"\n', file);
    expect(result).toEqual({
      ok: true,
      commandLine: {
        linux: [{text: 'a', at: {line: 2, column: 21}}],
        linuxDefault: [
          {text: 'z', at: null},
          {text: 'b', at: {line: 3, column: 32}},
        ],
      },
    });
  });
});

const corpus = corpusDirectory();

describe.skipIf(corpus === null)('editGrubDefaults on real files (needs the shared corpus)', () => {
  const read = (folder: string): readonly {readonly name: string; readonly text: string}[] => {
    const directory = join(corpus ?? '', folder);
    return existsSync(directory)
      ? readdirSync(directory).map((name) => ({name, text: readFileSync(join(directory, name), 'latin1')}))
      : [];
  };
  const oracle = (name: string): readonly Record<string, string | null>[] =>
    readFileSync(join(corpus ?? '', 'oracle/dev', name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('refuses at most 2 % of them', () => {
    const files = read('mined/grub');
    const refused = files.filter(({text}) => !editGrubDefaults(text, pages, file).ok);
    figure(
      'E2',
      '≤ 2 % refused',
      `${((100 * refused.length) / files.length).toFixed(1)} % of ${files.length} real files`,
    );
    expect(files.length).toBeGreaterThan(40);
  });

  it('changes for dash only the two variables, and keeps every foreign token in its order', () => {
    const all = [...read('mined/grub'), ...read('grub-odd')].map(({name, text}) => ({
      name,
      text,
      result: editGrubDefaults(text, pages, file),
    }));
    const done = all.flatMap(({name, text, result}) => (result.ok ? [{name, text, after: result.text}] : []));
    const before = sourceWithDash(done.map(({text}) => text));
    const after = sourceWithDash(done.map((one) => one.after));
    const isOwned = (word: string): boolean =>
      /^(?:intel_iommu|vfio[-_]pci\.ids|hugepages|hugepagesz|default_hugepagesz)=/.test(word);
    for (const [index, {name}] of done.entries()) {
      const [old, now] = [before[index], after[index]];
      const effective = `${now?.linux === 'unset' ? '' : now?.linux} ${now?.linuxDefault}`;
      expect(now?.others, name).toBe(old?.others);
      const foreign = (value = ''): readonly string[] =>
        words(value === 'unset' ? '' : value).filter((word) => !isOwned(word));
      expect(foreign(now?.linux), name).toEqual(foreign(old?.linux));
      expect(foreign(now?.linuxDefault), name).toEqual(foreign(old?.linuxDefault));
      expect([...new Set(words(effective).filter(isOwned))].sort(), name).toEqual([...pages.add].sort());
    }
    expect(done.length).toBeGreaterThan(45);
  });

  it('reads the same values as the oracle', () => {
    for (const line of [
      ...oracle('grub.jsonl').map((entry) => ({entry, folder: 'mined/grub'})),
      ...oracle('grub-odd.jsonl').map((entry) => ({entry, folder: 'grub-odd'})),
    ]) {
      const name = line.entry['file'] ?? '';
      const result = readGrubCommandLine(readFileSync(join(corpus ?? '', line.folder, name), 'utf8'), name);
      if (!result.ok) continue;
      const expected = line.entry['GRUB_CMDLINE_LINUX_DEFAULT'] ?? '';
      expect(
        result.commandLine.linuxDefault
          ?.map((token) => token.text.replaceAll('\0', ''))
          .join(' ')
          .split(/\s+/)
          .filter((word) => word !== '') ?? [],
        name,
      ).toEqual(words(expected));
    }
  });
});
