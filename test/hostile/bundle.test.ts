import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {isBuiltin} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';

const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-bundle-'));
afterAll(() => rmSync(directory, {recursive: true}));

const build = (name: string, env: Readonly<Record<string, string>>): string => {
  const out = join(directory, name);
  execFileSync(process.execPath, ['build.js', out], {cwd: repository, env: {PATH: process.env['PATH'], ...env}});
  return out;
};

const filesOf = (place: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(place, {recursive: true, encoding: 'utf8'})
      .filter((name) => /\.\w+$/.test(name))
      .sort()
      .map((name) => [name, readFileSync(join(place, name), 'latin1')]),
  );

/** Ways for text to become code, and ways to somewhere else; what may stay, with the reason. */
const banned: readonly (readonly [RegExp, readonly (readonly [RegExp, string])[]])[] = [
  [/\beval\s*\(/, []],
  [/\bnew\s+Function\b/, []],
  [/(?<![.\w])Function\s*\(\s*["'`]/, []],
  [/\bshell:\s*(?:true|["'`])/, []],
  [/(?<![.\w])(?:exec|execSync)\s*\((?!\s*\))(?!line2, columns, options\))/, []],
  [/\bfetch\s*\(/, [[/\(void 0\)\(|undefined/, 'the build replaces it by undefined']]],
  [/\bnew\s+(?:WebSocket|XMLHttpRequest|EventSource|Worker)\b/, []],
  [/\bprocess\.(?:binding|dlopen)\b/, []],
  [/\bimport\s*\((?!\s*["'])/, []],
  [/(?<![.\w])require\s*\((?!\s*["'])/, []],
];

const network = [
  'http',
  'https',
  'http2',
  'net',
  'tls',
  'dgram',
  'dns',
  'inspector',
  'worker_threads',
  'cluster',
  'vm',
  'repl',
  'wasi',
];

type Installed = {readonly name: string; readonly version: string};
type Sbom = {
  readonly components: readonly (Installed & {
    readonly group?: string;
    readonly purl: string;
    readonly licenses: readonly unknown[];
    readonly hashes: readonly {readonly content: string}[];
  })[];
};

describe('the built program', () => {
  let files: Readonly<Record<string, string>> = {};
  let again: Readonly<Record<string, string>> = {};
  beforeAll(() => {
    files = filesOf(build('one', {LANG: 'C', TZ: 'UTC', HOME: '/nonexistent'}));
    again = filesOf(
      build('two', {
        LANG: 'de_DE.UTF-8',
        TZ: 'Pacific/Auckland',
        HOME: '/',
        NODE_ENV: 'development',
        SOURCE_DATE_EPOCH: '1',
      }),
    );
  });

  it('is the same to the byte when it is built again, elsewhere and in another environment', () => {
    const differing = [...new Set([...Object.keys(files), ...Object.keys(again)])].filter(
      (name) => files[name] !== again[name],
    );
    figure('M2', '0 files differ', `${differing.length} files differ`);
    expect(Object.keys(files).length).toBeGreaterThan(10);
    expect(createHash('sha256').update(JSON.stringify(files)).digest('hex')).toBe(
      createHash('sha256').update(JSON.stringify(again)).digest('hex'),
    );
  });

  it('has what `check` needs in few files, and of that nothing in what the wizard draws its first frame with', () => {
    const imports = (name: string): readonly string[] =>
      [...(files[name] ?? '').matchAll(/^(?:import|export) (?:[^;]*? from )?"\.\/([\w-]+\.js)"/gm)].map(
        ([, file = '']) => `chunks/${file}`,
      );
    const below = (names: readonly string[], seen = new Set<string>()): ReadonlySet<string> => {
      for (const name of names) if (!seen.has(name)) below(imports(name), seen.add(name));
      return seen;
    };
    const entry = (name: string): string =>
      Object.keys(files).find((file) => new RegExp(`^chunks/${name}-[A-Z0-9]{8}\\.js$`).test(file)) ?? name;
    const sizeOf = (names: ReadonlySet<string>): number =>
      [...names].reduce((sum, name) => sum + (files[name]?.length ?? Number.NaN), 0);
    const check = below(['main', 'open-host', 'describe-progress', 'check'].map(entry));
    const wizard = below(['main', 'open-host', 'describe-progress', 'wizard'].map(entry));
    expect(sizeOf(check)).toBeGreaterThan(1_000_000);
    expect(check.size).toBeLessThan(40);
    expect(sizeOf(wizard)).toBeGreaterThan(50_000);
    expect(sizeOf(wizard)).toBeLessThan(300_000);
  });

  it('lists each package of which it holds code, with its version, licence and hash, and what goes with it', () => {
    // esbuild writes the path of each file above its code: that is no part of what the list is made from.
    const paths = Object.entries(files)
      .filter(([name]) => name.endsWith('.js'))
      .flatMap(([, text]) => [...text.matchAll(/^\s*\/\/ (node_modules\/\S+)$/gm)].map(([, path = '']) => path));
    const held = new Set(paths.map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path));
    const installed = [
      ...new Set(
        [...held].map((path) => {
          const {name, version} = JSON.parse(readFileSync(join(repository, path, 'package.json'), 'utf8')) as Installed;
          return `${name}@${version}`;
        }),
      ),
    ];
    const {components} = JSON.parse(files['sbom.cdx.json'] ?? '') as Sbom;
    expect(installed.length).toBeGreaterThan(50);
    expect(
      components.map(({group, name, version}) => `${group === undefined ? '' : `${group}/`}${name}@${version}`).sort(),
    ).toEqual(installed.sort());
    for (const {name, purl, licenses, hashes} of components) {
      expect([name, purl.startsWith('pkg:npm/'), licenses.length]).toEqual([name, true, 1]);
      expect(hashes[0]?.content).toMatch(/^[\da-f]{128}$/);
    }
    const notices = files['THIRD-PARTY-NOTICES.txt'] ?? '';
    for (const one of installed) expect(notices).toContain(`\n${one.replace(/@(?=[^@]*$)/, ' ')} (`);
    // A package without a file of its licence shows only what it declares; a new one is looked at before it is let in.
    expect(notices.match(/has no file with its licence/g)).toHaveLength(2);
  });

  it('makes no code of text, asks no shell and knows no network', () => {
    const found: string[] = [];
    for (const [name, text] of Object.entries(files).filter(([file]) => file.endsWith('.js'))) {
      const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
      for (const [pattern, exceptions] of banned) {
        for (const match of code.matchAll(new RegExp(pattern, 'g'))) {
          const around = code.slice(match.index - 60, match.index + 120);
          if (!exceptions.some(([exception]) => exception.test(around)))
            found.push(`${name}: …${around.replaceAll(/\s+/g, ' ')}…`);
        }
      }
      for (const [, module = ''] of code.matchAll(
        /(?:\bfrom|\brequire\s*\(|\bimport\s*\(|\bimport)\s*["']([@\w.][\w@/:.-]*)["']/g,
      )) {
        const builtin = module.replace(/^node:/, '');
        if (module.startsWith('.')) continue;
        if (network.includes(builtin.split('/')[0] ?? '') || !isBuiltin(module)) found.push(`${name}: loads ${module}`);
      }
    }
    figure('M4', '0 banned uses', `${found.length} banned uses`);
    expect(found).toEqual([]);
  });

  it('would be caught if it did (control)', () => {
    const planted = [
      'eval("x")',
      'new Function("x")',
      'spawn("x", {shell: true})',
      'execSync("x")',
      'import(name)',
      'require(name)',
      'fetch("http://x")',
    ];
    expect(
      planted.filter(
        (code) =>
          !banned.some(
            ([pattern, exceptions]) => pattern.test(code) && !exceptions.some(([exception]) => exception.test(code)),
          ),
      ),
    ).toEqual([]);
  });
});

type Lock = {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly integrity?: string;
        readonly resolved?: string;
        readonly link?: boolean;
        readonly hasInstallScript?: boolean;
      }
    >
  >;
};

describe('what it is built from', () => {
  const locked = ['package-lock.json', 'packaging/package-lock.json'].flatMap((file) => {
    const {packages} = JSON.parse(readFileSync(join(repository, file), 'utf8')) as Lock;
    return Object.entries(packages).filter(([path]) => path !== '');
  });

  it('is pinned by sha512, each package, and names no place of its own, so that it comes from the registry that whoever builds has chosen', () => {
    const pinned = locked.filter(
      ([, {integrity, resolved, link}]) =>
        /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') && link !== true && resolved === undefined,
    );
    figure('M5', '0 packages not pinned', `${locked.length - pinned.length} packages not pinned`);
    expect(locked.length).toBeGreaterThan(100);
    for (const name of ['.npmrc', '.yarnrc', '.yarnrc.yml']) expect(readdirSync(repository)).not.toContain(name);
  });

  it('runs no script of its own when it is installed for a build', () => {
    expect(readFileSync(join(repository, '.ci/run'), 'utf8')).toMatch(/^export npm_config_ignore_scripts=true\b/m);
    const scripted = locked.filter(([, {hasInstallScript}]) => hasInstallScript === true).map(([path]) => path);
    // Named here so that a new one is looked at before it is let in.
    const unknown = scripted.filter((path) => path !== 'node_modules/esbuild' && !path.endsWith('/fsevents'));
    figure('M7', '0 unknown install scripts', `${unknown.length} unknown install scripts`);
    expect(unknown).toEqual([]);
  });
});
