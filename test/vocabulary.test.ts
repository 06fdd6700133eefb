import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';

const repository = resolve(import.meta.dirname, '..');
const declaration = 'src/finding-codes.ts';
const codes = [...readFileSync(join(repository, declaration), 'utf8').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map((match) => match[1] ?? '');

const textOf = (directory: string, extensions: RegExp, except: readonly string[]): string =>
  readdirSync(join(repository, directory), {recursive: true, encoding: 'utf8'})
    .filter((path) => extensions.test(path) && !except.some((prefix) => `${directory}/${path}`.startsWith(prefix)))
    .map((path) => readFileSync(join(repository, directory, path), 'utf8'))
    .join('\n');

describe('the finding codes', () => {
  it('are all reported somewhere', () => {
    const source = textOf('src', /\.tsx?$/, [declaration]);
    expect(codes.length).toBeGreaterThan(40);
    expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });

  it('are all shown by a test or an expected output', () => {
    const tests = textOf('test', /\.(?:tsx?|json)$/, ['test/vocabulary.test.ts', 'test/failure-modes/']);
    expect(codes.filter((code) => !new RegExp(`\\b${code}\\b(?!-)`).test(tests))).toEqual([]);
  });

  it('are written once each', () => expect(new Set(codes).size).toBe(codes.length));
});
