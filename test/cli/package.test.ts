import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {demoHosts} from '../../src/system/demo-names.ts';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';

const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-package-'));
afterAll(() => rmSync(directory, {recursive: true}));

const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', [...args, '--ignore-scripts', '--offline', '--no-audit', '--no-fund'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

type Packed = {
  readonly filename: string;
  readonly files: readonly {readonly path: string}[];
  readonly unpackedSize: number;
};

/** All that may ever be published: what the program needs, and what a person reads. */
const allowed = [
  /^package\.json$/,
  /^(?:README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^bin\/vfio-pilot\.js$/,
  /^profiles\/[\w-]+\.yaml$/,
  /^dist\/cli\.js$/,
  /^dist\/(?:chunks\/)?[\w.-]+\.(?:js|LEGAL\.txt)$/,
  /^dist\/demo\/(?:[\w-]+\.tree|ORIGINS\.md)$/,
  /^dist\/vfio-pilot\.8$/,
  /^dist\/(?:sbom\.cdx\.json|THIRD-PARTY-NOTICES\.txt)$/,
];

describe('the package', () => {
  let packed: Packed;
  let tarball: string;
  let manifest: Readonly<Record<string, unknown>>;
  beforeAll(() => {
    [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', directory], repository)) as [Packed];
    tarball = join(directory, packed.filename);
    manifest = JSON.parse(
      execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], {encoding: 'utf8'}),
    ) as typeof manifest;
  });

  it('is one file that holds nothing but the program and its documents', () => {
    expect(readdirSync(directory).filter((name) => name.endsWith('.tgz'))).toEqual([packed.filename]);
    const paths = packed.files.map(({path}) => path);
    const foreign = paths.filter((path) => !allowed.some((pattern) => pattern.test(path)));
    figure('M3', '0 files beyond the list', `${foreign.length} files beyond the list`);
    expect(foreign).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'bin/vfio-pilot.js',
        'dist/cli.js',
        ...Object.values(demoHosts).map(({tree}) => `dist/demo/${tree}.tree`),
        'dist/demo/ORIGINS.md',
        'dist/vfio-pilot.8',
        'dist/sbom.cdx.json',
        'dist/THIRD-PARTY-NOTICES.txt',
        'profiles/dell-r710-gtx1050.yaml',
      ]),
    );
    expect(packed.unpackedSize).toBeLessThan(8 * 1024 * 1024);
  });

  it('needs no other package and runs nothing when it is installed', () => {
    const dependencies = [
      'dependencies',
      'optionalDependencies',
      'peerDependencies',
      'bundledDependencies',
      'bundleDependencies',
    ].filter((key) => key in manifest);
    const scripts = Object.keys(manifest['scripts'] ?? {}).filter((name) =>
      /^(?:pre|post)?install$|^(?:pre|post)?prepare$/.test(name),
    );
    figure(
      'M1',
      '0 dependencies, 0 install scripts',
      `${dependencies.length} dependencies, ${scripts.length} install scripts`,
    );
    expect({dependencies, scripts}).toEqual({dependencies: [], scripts: []});
  });

  it('installs into an empty project, offline, and runs there', () => {
    const project = mkdtempSync(join(directory, 'project-'));
    npm(['install', '--no-save', tarball], project);
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['vfio-pilot']);
    const installed = join(project, 'node_modules/vfio-pilot');
    const run = (...args: readonly string[]): string =>
      execFileSync(join(project, 'node_modules/.bin/vfio-pilot'), args, {
        cwd: project,
        env: {...process.env, TMPDIR: directory},
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(run('--version')).toBe(`${String(manifest['version'])}\n`);
    const root = unpackHost('dell-r710-gtx1050');
    const plan = run('plan', join(installed, 'profiles/dell-r710-gtx1050.yaml'), '--root', root);
    expect(plan).toContain('+++ /etc/modprobe.d/vfio-pilot.conf');
    // The embedded host comes along.
    expect(run('plan', join(installed, 'profiles/dell-r710-gtx1050.yaml'), '--demo', 'r710')).toContain('9 changes');
    expect(readFileSync(join(installed, 'bin/vfio-pilot.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
