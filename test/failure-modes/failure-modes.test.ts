import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {findTests} from './find-tests.ts';
import {renderTable} from './render-table.ts';
import {failureModes} from './table.ts';

const repository = resolve(import.meta.dirname, '../..');
const textOf = (directory: string, extension = '.ts'): string => readdirSync(join(repository, directory), {recursive: true, encoding: 'utf8'}).filter((path) => path.endsWith(extension)).map((path) => readFileSync(join(repository, directory, path), 'utf8')).join('\n');

describe('the table of failure modes', () => {
  it('has each number from 1 to 48 once', () => expect(failureModes.map(({number}) => number)).toEqual(Array.from({length: 48}, (_, index) => index + 1)));

  it('has a test for each number, and no test has a number that it lacks', () => {
    expect([...findTests().keys()].sort((one, other) => one - other)).toEqual(failureModes.map(({number}) => number));
  });

  it('names findings, checks and promises that there are', () => {
    const [findings, checks, promises] = [textOf('src'), textOf('src/checks'), textOf('src/verify')];
    for (const {codes = [], checks: ids = [], promises: kept = []} of failureModes) {
      expect(codes.filter((code) => !findings.includes(`'${code}'`))).toEqual([]);
      expect(ids.filter((id) => !checks.includes(`about('${id}'`))).toEqual([]);
      expect(kept.filter((id) => !promises.includes(`id: '${id}'`))).toEqual([]);
    }
  });

  it('names scenarios that there are', () => {
    const scenarios = textOf('test/lab/scenarios', '.js');
    for (const name of failureModes.flatMap(({scenarios = []}) => scenarios)) expect(scenarios).toContain(`'${name}'`);
  });

  it('says for each how it is handled: by a finding, a check, a promise, or a test alone', () => {
    for (const {number, handled, codes = [], checks = [], promises = []} of failureModes) {
      expect(handled, String(number)).not.toEqual([]);
      if (handled.includes('blocked') || handled.includes('told')) expect(codes.length + checks.length, `finding of ${number}`).toBeGreaterThan(0);
      if (handled.includes('verified')) expect(promises.length, `promise of ${number}`).toBeGreaterThan(0);
    }
  });

  it('is what README.md beside it says', async () => {
    await expect(renderTable()).toMatchFileSnapshot(join(import.meta.dirname, 'README.md'));
  });
});
