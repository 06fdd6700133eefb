import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {listWords} from '../../src/words/list-words.ts';

describe('a list in a sentence', () => {
  it('has one "and", however long it is', () => {
    expect(['', 'a', 'a b', 'a b c d'].map((words) => listWords(words.split(' ').filter(Boolean)))).toEqual([
      '',
      'a',
      'a and b',
      'a, b, c and d',
    ]);
  });

  it('is made by this function everywhere', () => {
    const source = resolve(import.meta.dirname, '../../src');
    const files = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter((name) => /\.tsx?$/.test(name));
    expect(files.filter((name) => readFileSync(join(source, name), 'utf8').includes("join(' and ')"))).toEqual([]);
  });
});
