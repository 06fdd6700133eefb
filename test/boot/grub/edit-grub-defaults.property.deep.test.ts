import {isDeepStrictEqual} from 'node:util';
import fc from 'fast-check';
import {expect, it} from 'vitest';
import {editGrubDefaults} from '../../../src/boot/grub/edit-grub-defaults.ts';
import {figure} from '../../figures/figure.ts';
import {sourceWithDash, words} from './source-with-dash.ts';
import {deepOrNight} from '../../support/sizes.ts';

const edit = {
  add: ['intel_iommu=on', 'hugepagesz=2M', 'hugepages=0:512,1:0'],
  remove: ['stale.one'],
  ownedKeys: ['intel_iommu', 'vfio-pci.ids', 'hugepages', 'hugepagesz'],
};

const token = fc.constantFrom(
  'quiet',
  'splash',
  'console=ttyS0,115200',
  'root=UUID=1-2',
  'a=b;c',
  '#x',
  '--',
  'é=ü',
  'vfio-pci.ids=10de:1c81',
  'vfio_pci.ids=1:2',
  'hugepages=7',
  'hugepages_x=7',
  'intel_iommu_x=on',
  'vfio-pci.ids_x=1:2',
  'hugepagesz=2M',
  'hugepages=0:512,1:0',
  'intel_iommu=on',
  'intel-iommu=off',
  'stale.one',
  'x\\"y z\\"',
  "it's",
  '$A',
  '${A}',
  '$1',
  '$?',
  '${B:-c}',
  '$GRUB_CMDLINE_LINUX_DEFAULT',
  '${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }',
  '$GRUB_CMDLINE_LINUX',
  '$(echo q)',
  '`echo q`',
  '\\$',
  '\\\\',
  '\\q',
  '*',
  '~',
);
const plain = fc.constantFrom(
  'quiet',
  'splash',
  'ro',
  'console=tty0',
  'vfio-pci.ids=1:2',
  'hugepages=7',
  'intel_iommu=on',
  'x=é',
);
const gap = fc.constantFrom(' ', ' ', ' ', '  ', '\t', '\\\n', ' \\\n  ', '\n', '');
const joined = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(fc.tuple(part, gap), {maxLength: 5}).map((parts) => parts.flat().join(''));
const weird = joined(fc.oneof({weight: 3, arbitrary: plain}, {weight: 1, arbitrary: token}));
const calm = fc.array(plain, {maxLength: 5}).map((parts) => parts.join(' '));

const value = fc.oneof(
  {weight: 4, arbitrary: calm.map((text) => `"${text}"`)},
  {weight: 3, arbitrary: weird.map((text) => `"${text}"`)},
  {weight: 2, arbitrary: weird.map((text) => `'${text.replaceAll("'", '')}'`)},
  {weight: 1, arbitrary: fc.tuple(calm, weird).map(([one, other]) => `"${one}"'${other.replaceAll("'", '')}'`)},
  {weight: 1, arbitrary: plain},
  {weight: 1, arbitrary: weird},
  {weight: 1, arbitrary: fc.constantFrom('', "$'a'", '"a"b\\ c', '(a b)', '"open', "'open")},
);
const name = fc.constantFrom(
  'GRUB_CMDLINE_LINUX_DEFAULT',
  'GRUB_CMDLINE_LINUX_DEFAULT',
  'GRUB_CMDLINE_LINUX',
  'GRUB_TIMEOUT',
  'A',
);
const assignment = fc
  .tuple(
    fc.constantFrom('', '', '', '', 'export ', ' '),
    name,
    fc.constantFrom('=', '=', '=', '=', '=', '=', '+=', ' ='),
    value,
    // A file in the shell's own directory: with CR LF the name ends in a CR, and /dev/null would become a new file there.
    fc.constantFrom('', '', '', ' # why "', '; B=1', ' B=2', ' true', ' && true', ' | cat', ' &', ' > made'),
  )
  .map((parts) => parts.join(''));
const wrapped = fc
  .tuple(
    fc.constantFrom(
      ['if true; then ', '; fi'],
      ['for i in 1 2; do\n', '\ndone'],
      ['f() { ', '; }\nf'],
      ['{ ', '; }'],
      ['( ', ' )'],
      ['case x in\nx) ', ';;\nesac'],
      ['while false; do ', '; done'],
      ['false || ', ''],
      ['cat <<E\n', '\nE'],
      ["cat <<-'E'\n", '\n\tE'],
      ['eval "', '"'],
      ['unset ', ''],
      ['# ', ''],
      ['true; ', ''],
    ),
    assignment,
  )
  .map(([[open, close], text]) => `${open}${text}${close}`);
const line = fc.oneof(
  {weight: 6, arbitrary: assignment},
  {weight: 1, arbitrary: wrapped},
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      '# comment \\',
      '#GRUB_CMDLINE_LINUX_DEFAULT="no"',
      'GRUB_DISTRIBUTOR=`echo x || echo Debian`',
      'GRUB_DISTRIBUTOR="$(sed \'s, .*$,,g\' /dev/null)"',
      'GRUB_DISABLE_OS_PROBER=false',
      'A="é \xFF"',
    ),
  },
);
const file = fc
  .tuple(
    fc.array(line, {maxLength: 6}),
    fc.constantFrom('\n', '\n', '\n', '\r\n'),
    fc.boolean(),
    fc.constantFrom('', '', '', '', '\xEF\xBB\xBF'),
  )
  .map(([lines, ending, hasFinal, mark]) => mark + lines.join(ending) + (hasFinal ? ending : ''));

const owned = (word: string): boolean =>
  /^"?(?:intel[-_]iommu|vfio[-_]pci\.ids|hugepages|hugepagesz)=/.test(word) || word === 'stale.one';
const foreign = (text: string): readonly string[] =>
  text === 'unset' ? [] : words(text).filter((word) => !owned(word));
const effective = (linux: string, rest: string): readonly string[] =>
  [linux, rest].flatMap((text) => (text === 'unset' ? [] : words(text)));

/** Bytes that the two texts share at both ends. */
const common = (one: string, other: string): number => {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < one.length - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return start + end;
};

it('never edits a generated file wrongly without saying so, as dash sees it (3,000 files)', () => {
  const files = fc.sample(file, {numRuns: 3000, seed: 20});
  const results = files.map((text) => ({text, result: editGrubDefaults(text, edit, 'grub')}));
  const done = results.flatMap(({text, result}) => (result.ok ? [{text, after: result.text}] : []));
  const before = sourceWithDash(done.map(({text}) => text));
  const now = sourceWithDash(done.map(({after}) => after));
  expect([before.length, now.length]).toEqual([done.length, done.length]);
  const isRight = ({after}: (typeof done)[number], index: number): boolean => {
    const [old, sourced] = [before[index], now[index]];
    const ours = effective(sourced?.linux ?? '', sourced?.linuxDefault ?? '').filter(owned);
    return (
      sourced?.others === old?.others &&
      isDeepStrictEqual(foreign(sourced?.linux ?? ''), foreign(old?.linux ?? '')) &&
      isDeepStrictEqual(foreign(sourced?.linuxDefault ?? ''), foreign(old?.linuxDefault ?? '')) &&
      isDeepStrictEqual([...new Set(ours)].sort(), [...edit.add].sort()) &&
      ours.indexOf('hugepages=0:512,1:0') === ours.indexOf('hugepagesz=2M') + 1 &&
      isDeepStrictEqual(editGrubDefaults(after, edit, 'grub'), {ok: true, text: after})
    );
  };
  const wrong = done.filter((one, index) => !isRight(one, index));
  figure('E1 files', '≥ 2000 files', `${new Set(files).size} files`);
  figure('E1 wrong', '0 wrong without a word', `${wrong.length} wrong without a word`);
  expect(wrong.slice(0, 3)).toEqual([]);
  // A refusal is right for most of the odd ones; an editor that refuses all of them would pass everything above.
  expect(done.length).toBeGreaterThan(900);
});

it('edits every file that holds nothing odd, and only inside the value', () => {
  const comment = fc.constantFrom('# note', '', 'GRUB_TIMEOUT=5', 'GRUB_DISTRIBUTOR=`echo x`');
  const tame = fc.tuple(
    fc.array(comment, {maxLength: 3}),
    calm,
    fc.constantFrom('"', "'"),
    fc.array(comment, {maxLength: 3}),
  );
  fc.assert(
    fc.property(tame, ([head, text, quote, tail]) => {
      const before = [...head, `GRUB_CMDLINE_LINUX_DEFAULT=${quote}${text}${quote}`, ...tail].join('\n');
      const result = editGrubDefaults(before, edit, 'grub');
      if (!result.ok) throw new Error(result.finding.message);
      expect(common(before, result.text)).toBeGreaterThanOrEqual(before.length - text.length);
    }),
    {numRuns: deepOrNight(500, 5000)},
  );
});
