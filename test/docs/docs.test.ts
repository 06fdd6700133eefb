import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {helpText} from '../../src/commands/help.ts';
import {pages, readPage} from './code-blocks.ts';

/** The lab runs without a build and so is JavaScript, of which the compiler knows no types. */
const lab = (name: string): string => join(import.meta.dirname, '../lab', name);
const {provenBy, renderProof} = (await import(lab('proof-table.js'))) as {
  readonly provenBy: Readonly<Record<string, string>>;
  readonly renderProof: (rows: ReadonlyMap<string, string>) => string;
};
const {readRows} = (await import(lab('results.js'))) as {readonly readRows: () => readonly [string, string][]};

const top = join(import.meta.dirname, '../..');
const readme = readFileSync(join(top, 'README.md'), 'utf8');
const contributing = readFileSync(join(top, 'CONTRIBUTING.md'), 'utf8');
describe('README', () => {
  it('names no command that --help does not know, and neither do the pages that it leads to', () => {
    const text = pages.map(readPage).join('\n');
    const verbs = [...text.matchAll(/(?:npx |`)vfio-pilot ([a-z]+)/g)].map((match) => match[1]);
    expect(new Set(verbs).size).toBeGreaterThan(10);
    for (const verb of verbs) expect(helpText()).toContain(`vfio-pilot ${verb}`);
  });

  it('fits on a screen: fewer than 450 words', () => {
    expect(readme.split(/\s+/).filter((word) => word !== '').length).toBeLessThan(450);
  });

  it('says that npm has no such package before it has anybody fetch one, and what works until then', () => {
    const said = readme.indexOf('vfio-pilot is not on npm yet');
    expect(said).toBeGreaterThan(0);
    expect(said).toBeLessThan(readme.indexOf('npx vfio-pilot'));
    expect(readme).toContain('sudo npx ./vfio-pilot-0.1.0.tgz');
  });

  it('has npm scripts for its two commands', () => {
    const {scripts} = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {scripts: Record<string, string>};
    expect(readme).toContain('npm ci && npm run demo');
    expect(readme).toContain('npm ci && npm test');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
  });
});

describe('the boot chains that were started', () => {
  it('are in docs/boot-chains.md with what the lab last wrote down, by scenarios that it has', () => {
    expect(readPage('docs/boot-chains.md')).toContain(renderProof(new Map(readRows())));
    const named = readdirSync(join(top, 'test/lab/scenarios')).flatMap((file) =>
      [...readFileSync(join(top, 'test/lab/scenarios', file), 'utf8').matchAll(/name: '([\w-]+)'/g)].map(
        ([, name]) => name,
      ),
    );
    expect(named).toEqual(expect.arrayContaining(Object.values(provenBy)));
  });
});

describe('CONTRIBUTING', () => {
  it('maps every folder of src, and none that is not there', () => {
    const mapped = [...contributing.matchAll(/^\| `src\/([a-z]+)\/`/gm)].map((match) => match[1] ?? '');
    const folders = readdirSync(join(top, 'src'), {withFileTypes: true})
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(mapped.sort()).toEqual(folders.sort());
  });

  it('names files that exist', () => {
    const files = [...contributing.matchAll(/`((?:src|test|\.ci)\/[\w./-]+\.\w+)`/g)].map((match) => match[1] ?? '');
    expect(files.length).toBeGreaterThan(2);
    for (const file of files.filter((one) => !one.includes('NAME')))
      expect(existsSync(join(top, file)), file).toBe(true);
  });
});
