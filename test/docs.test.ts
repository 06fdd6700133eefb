import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {helpText} from '../src/commands/help.ts';
import {decodeProfile} from '../src/pipeline/profile-file.ts';

const top = join(import.meta.dirname, '..');
const readme = readFileSync(join(top, 'README.md'), 'utf8');
const contributing = readFileSync(join(top, 'CONTRIBUTING.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] ?? '');

describe('README', () => {
  it('shows profiles that decode without a word of complaint', () => {
    expect(blocks('yaml').length).toBeGreaterThan(0);
    for (const block of blocks('yaml')) expect(decodeProfile(block, 'README.md').findings).toEqual([]);
  });

  it('names no command that --help does not know', () => {
    const verbs = [...readme.matchAll(/(?:npx |`)vfio-pilot ([a-z]+)/g)].map((match) => match[1]);
    expect(verbs.length).toBeGreaterThan(5);
    for (const verb of verbs) expect(helpText()).toContain(`vfio-pilot ${verb}`);
  });

  it('has npm scripts for its two commands', () => {
    const {scripts} = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {scripts: Record<string, string>};
    expect(readme).toContain('npm ci && npm run demo');
    expect(readme).toContain('npm ci && npm test');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
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
