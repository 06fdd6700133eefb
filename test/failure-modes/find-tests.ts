import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const tests = resolve(import.meta.dirname, '..');

/** The files whose test titles name each failure mode, by its number: `failure mode 7: …`, `failure modes 13 and 14: …`. */
export const findTests = (): ReadonlyMap<number, readonly string[]> => {
  const found = new Map<number, readonly string[]>();
  for (const file of readdirSync(tests, {recursive: true, encoding: 'utf8'})
    .filter((path) => /\.test\.tsx?$/.test(path))
    .sort()) {
    const titles = readFileSync(join(tests, file), 'utf8').matchAll(
      /\(['`][^'`\n]*?failure modes? (\d+(?:(?:, | and )\d+)*)/g,
    );
    for (const number of [...titles].flatMap(([, numbers = '']) => numbers.split(/\D+/).map(Number))) {
      const known = found.get(number) ?? [];
      if (!known.includes(file)) found.set(number, [...known, file]);
    }
  }
  return found;
};
