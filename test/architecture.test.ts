import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';

const source = resolve(import.meta.dirname, '../src');
const pure = ['groups', 'profile', 'plan', 'checks', 'topology', 'artifacts', 'changes', 'verify', 'ui/wizard'];

const filesOf = (directory: string): readonly string[] =>
  readdirSync(join(source, directory), {recursive: true, encoding: 'utf8'}).filter((name) => /\.tsx?$/.test(name)).map((name) => join(source, directory, name));

/** What a file needs when it runs; types are gone by then. */
const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )(?:[^'"]*? from )?['"]([^'"]+)['"]/gm)].map((match) => match[1] ?? '');

/** Every chain of imports from this file to a module that can touch the machine; lint sees the first link only. */
const waysOut = (file: string, seen: Set<string>, chain: readonly string[]): readonly string[] =>
  importsOf(file).flatMap((name) => {
    if (!name.startsWith('.')) return /^(?:node:|fs$|execa$|ink$|react$|ink-)/.test(name) ? [[...chain, name].join(' → ')] : [];
    const target = resolve(dirname(file), name);
    if (seen.has(target)) return [];
    seen.add(target);
    return waysOut(target, seen, [...chain, relative(source, target)]);
  });

describe('the pure folders', () => {
  it.each(pure.filter((folder) => existsSync(join(source, folder))))('src/%s cannot reach the machine, however indirectly', (folder) => {
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((file) => waysOut(file, new Set([file]), [relative(source, file)]))).toEqual([]);
  });

  it('are told from others: what reads the host can', () => {
    const file = join(source, 'host/read-host.ts');
    expect(waysOut(file, new Set([file]), ['host/read-host.ts'])).not.toEqual([]);
  });
});
