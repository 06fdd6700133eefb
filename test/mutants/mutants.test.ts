import {existsSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {findCode, replaceCode} from './find-code.ts';
import {mutants, testOf} from './mutants.ts';

const repository = resolve(import.meta.dirname, '../..');

describe('the faults that are made by hand', () => {
  it('are at least 40, each at one place that is there, each with tests that are there', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(40);
    expect(
      mutants
        .filter(({file, from}) => findCode(readFileSync(join(repository, 'src', file), 'utf8'), from).length !== 1)
        .map(({name}) => name),
    ).toEqual([]);
    expect(
      mutants.flatMap(({killers}) => killers.filter((killer) => !existsSync(join(repository, testOf(killer).file)))),
    ).toEqual([]);
  });

  it('are found however the code is formatted', () => {
    const source = 'one();\nif (a)\n  call(\n    first,\n    second,\n  );\ntwo();\n';
    expect(replaceCode(source, 'if (a) call(first, second);\n', 'none();')).toBe('one();\nnone();\ntwo();\n');
    expect(replaceCode(source, 'call(first)', 'x')).toBeNull();
    expect(replaceCode('a(); a();', 'a();', '')).toBeNull();
  });
});
