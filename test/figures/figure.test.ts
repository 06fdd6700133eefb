import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isMet, promiseOf} from './figure.ts';
import promises from './promises.json' with {type: 'json'};

describe('a figure', () => {
  it.each<[string | number, string | number, boolean]>([
    ['14/14', '14/14', true],
    ['14/14', '13/14', false],
    [0, 0, true],
    [0, 1, false],
    ['≥ 1', 351, true],
    ['≥ 60 payloads', '59 payloads', false],
    ['≤ 1000 ms', '212 ms', true],
    ['≤ 1000 ms', '1000.5 ms', false],
    ['≤ 1000 ms', 'unknown', false],
  ])('with the target %j and %j measured is met: %j', (target, measured, expected) =>
    expect(isMet(target, measured)).toBe(expected),
  );

  it('belongs to one promise of the list', () => {
    expect(['A3 ext4', 'A3 within A6 xfs', 'A3c xfs, in place', 'L control, x', 'A30', 'Z'].map(promiseOf)).toEqual([
      'A3',
      'A3 within A6',
      'A3c',
      'L control',
      null,
      null,
    ]);
  });
});

const printed = (lines: readonly object[]): {readonly text: string; readonly status: number | null} => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-figures-'));
  const file = join(directory, 'figures');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const {stdout, status} = spawnSync(process.execPath, [join(import.meta.dirname, 'print.js'), file], {
    encoding: 'utf8',
  });
  rmSync(directory, {recursive: true});
  return {text: stdout, status};
};

describe('the table of figures', () => {
  const all = promises.flatMap(({id, at, members, atLeast}) =>
    at === 'lab'
      ? []
      : (members ?? Array.from({length: atLeast ?? 1}, (_, index) => `${index}`)).map((member) => ({
          id: members === undefined && atLeast === undefined ? id : `${id} ${member}`,
          at,
          target: 0,
          measured: 0,
          isMet: true,
        })),
  );

  it('is complete when each promise was measured where it has to be', () => {
    expect(printed(all)).toEqual({text: expect.not.stringContaining('MISSED'), status: 0});
  });

  it('calls what no test measured MISSED, and what was measured by the small size only', () => {
    const {text, status} = printed(
      all.filter(({id}) => id !== 'D2').map((one) => (one.id === 'A3 xfs' ? {...one, at: 'test'} : one)),
    );
    expect(text.split('\n').filter((line) => line.includes('MISSED'))).toEqual([
      expect.stringMatching(/^A3 xfs .*not measured {2}MISSED$/),
      expect.stringMatching(/^D2 .*MISSED$/),
    ]);
    expect(status).toBe(1);
  });

  it('is explained by README.md next to it', async () => {
    const text = `# The figures

Made from \`promises.json\` by \`npx vitest run test/figures -u\`; edit that. A figure is a promise with a number, which a test measures (\`figure(id, target, measured)\`). \`npm run figures\` prints them all, and one that was not measured is MISSED. *Measured in*: \`test\` is \`npm test\`, \`deep\` is \`npm run test:deep\`, \`lab\` is \`npm run test:lab\`, whose figures are printed by the lab.

| id | measured in | promise | members |
|---|---|---|---|
${promises
  .map(
    ({id, at, promise, members, atLeast}) =>
      `| ${id} | ${at} | ${promise} | ${members?.join('; ') ?? (atLeast === undefined ? '' : `at least ${atLeast}`)} |`,
  )
  .join('\n')}
`;
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'README.md'));
  });
});
