import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {description} from '../bundle.js';

/**
 * Packages for Debian and what comes from it, made with dpkg-deb: one of the files of the npm package, which run on the
 * system's own Node, and one of each executable that holds one. Only one can be installed at a time. Where each file goes
 * is in https://www.debian.org/doc/debian-policy/ch-docs.html, and for zsh and fish in their packages.
 */

/** Seconds; npm gives this time to every file of a package, so that a build tells nothing of its day. */
const epoch = process.env.SOURCE_DATE_EPOCH ?? '499162500';

/** `~` sorts before everything, as `-` of npm does: 1.0.0~rc.1 is older than 1.0.0. */
const version = description.version.replace('-', '~');

const common = [
  'Section: admin',
  'Priority: optional',
  'Maintainer: the vfio-pilot authors',
  'Description: configurator for GPU passthrough that can take it all back',
  ' Gives a graphics card (or another PCI device) of this machine to a virtual',
  ' machine: reads the host, walks you through the choices, shows every byte that',
  ' it would change, applies that as one transaction, verifies it after the reboot',
  ' and rolls back to the byte. For libvirt and Proxmox VE on x86-64.',
];

/** `more`: what else it says of itself. */
const bundled = (more = []) => ({
  name: 'vfio-pilot-bundled',
  program: 'vfio-pilot',
  fields: [
    // The newest symbols that Node's executable asks for: GLIBC_2.28, GLIBCXX_3.4.21 and CXXABI_1.3.11 (GCC 7).
    'Depends: libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 7)',
    'Provides: vfio-pilot',
    'Conflicts: vfio-pilot',
    'Replaces: vfio-pilot',
    ...common,
    ' .',
    ' This package holds Node, so that it needs none on the system.',
    ...more,
  ],
});

/** By Debian's architecture: the name that the program has in /usr/lib/vfio-pilot, and what the package says of itself. */
const kinds = {
  all: {
    name: 'vfio-pilot',
    program: 'bin/vfio-pilot.js',
    fields: [
      'Depends: nodejs (>= 20.19)',
      'Conflicts: vfio-pilot-bundled',
      'Replaces: vfio-pilot-bundled',
      ...common,
      ' .',
      ' This package runs on the Node of the system. Where that is older than 20.19',
      ' (Debian 12, Ubuntu 24.04), vfio-pilot-bundled brings its own.',
    ],
  },
  amd64: bundled(),
  arm64: bundled([
    ' .',
    ' A machine with arm64 is not served itself: there it plans for x86-64 hosts,',
    ' over ssh or from captures of them.',
  ]),
};

/**
 * Writes the packages to `directory` and gives their paths. `tarball`: what `npm pack` made; `executables` by Node's names
 * of architectures, and in `described` their `sbom` and `notices`.
 */
export const buildDebianPackages = (directory, {tarball, executables, described}) => {
  const work = mkdtempSync(join(tmpdir(), 'vfio-pilot-debian-'));
  try {
    execFileSync('tar', ['--extract', '--no-same-owner', '--file', tarball, '--directory', work]);
    const unpacked = join(work, 'package');
    const asked = (verb, ...words) => execFileSync(executables.x64, [verb, ...words], {env: {}});
    const shared = {
      'usr/share/bash-completion/completions/vfio-pilot': asked('completion', 'bash'),
      'usr/share/zsh/vendor-completions/_vfio-pilot': asked('completion', 'zsh'),
      'usr/share/fish/vendor_completions.d/vfio-pilot.fish': asked('completion', 'fish'),
      'usr/share/man/man8/vfio-pilot.8.gz': gzipSync(asked('manual'), {level: 9}),
    };
    const documents = (name, parts) => ({
      [`usr/share/doc/${name}/copyright`]: parts.notices,
      [`usr/share/doc/${name}/sbom.cdx.json`]: parts.sbom,
      // Not `changelog`, whose form is Debian's own.
      [`usr/share/doc/${name}/CHANGELOG.md.gz`]: gzipSync(readFileSync('CHANGELOG.md'), {level: 9}),
    });
    const licence = (rest) => `${readFileSync('LICENSE', 'utf8').trim()}\n\n${'-'.repeat(80)}\n\n${rest}`;
    const read = (file) => readFileSync(join(unpacked, 'dist', file), 'utf8');
    return [
      pack(directory, join(work, 'all'), 'all', (library) => {
        for (const part of ['bin', 'dist', 'package.json'])
          cpSync(join(unpacked, part), join(library, part), {recursive: true});
        // They are in their places of the system.
        for (const file of ['vfio-pilot.8', 'sbom.cdx.json', 'THIRD-PARTY-NOTICES.txt'])
          rmSync(join(library, 'dist', file));
        useNodeOfSystem(join(library, 'bin/vfio-pilot.js'));
        return {
          ...shared,
          ...documents('vfio-pilot', {sbom: read('sbom.cdx.json'), notices: licence(read('THIRD-PARTY-NOTICES.txt'))}),
          ...examples('vfio-pilot'),
        };
      }),
      ...Object.entries({amd64: 'x64', arm64: 'arm64'}).map(([architecture, name]) =>
        pack(directory, join(work, architecture), architecture, (library) => {
          copyFileSync(executables[name], join(library, 'vfio-pilot'));
          const {sbom, notices} = described[name];
          return {
            ...shared,
            ...documents('vfio-pilot-bundled', {sbom, notices: licence(notices)}),
            ...examples('vfio-pilot-bundled'),
          };
        }),
      ),
    ];
  } finally {
    rmSync(work, {recursive: true});
  }
};

/** `env` takes the first `node` of PATH, which need not be the one that the package depends on. */
const useNodeOfSystem = (file) =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^#!\/usr\/bin\/env node\n/, '#!/usr/bin/node\n'));

const examples = (name) =>
  Object.fromEntries(
    readdirSync('profiles').map((file) => [
      `usr/share/doc/${name}/examples/${file}`,
      readFileSync(join('profiles', file)),
    ]),
  );

/** `fill`: puts the program into the library's directory, and gives the other files by their paths. */
const pack = (directory, tree, architecture, fill) => {
  const {name, program, fields} = kinds[architecture];
  const library = join(tree, 'usr/lib/vfio-pilot');
  mkdirSync(library, {recursive: true});
  const files = fill(library);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), {recursive: true});
    writeFileSync(join(tree, path), content);
  }
  mkdirSync(join(tree, 'usr/bin'));
  symlinkSync(`../lib/vfio-pilot/${program}`, join(tree, 'usr/bin/vfio-pilot'));
  const packed = setModes(tree, join('usr/lib/vfio-pilot', program));
  const kib = packed.reduce((sum, path) => sum + Math.ceil(lstatSync(join(tree, path)).size / 1024), 0);
  const head = [`Package: ${name}`, `Version: ${version}`, `Architecture: ${architecture}`, `Installed-Size: ${kib}`];
  const sums = packed.map((path) => `${md5Of(join(tree, path))}  ${path}\n`);
  writeControl(tree, {control: `${[...head, ...fields].join('\n')}\n`, md5sums: sums.join('')});
  const output = join(directory, `${name}_${version}_${architecture}.deb`);
  // One thread and one level, so that the number of cores does not decide what the file looks like; a higher level takes minutes.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1', '--build', tree, output], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {PATH: process.env.PATH, SOURCE_DATE_EPOCH: epoch},
  });
  return output;
};

/** Modes that do not depend on the umask; only `program` can be run. Gives the paths of all regular files, sorted. */
const setModes = (tree, program) => {
  const paths = readdirSync(tree, {recursive: true, encoding: 'utf8'}).sort();
  chmodSync(tree, 0o755);
  return paths.filter((path) => {
    const stat = lstatSync(join(tree, path));
    if (stat.isSymbolicLink()) return false;
    chmodSync(join(tree, path), stat.isDirectory() || path === program ? 0o755 : 0o644);
    return stat.isFile();
  });
};

const writeControl = (tree, files) => {
  mkdirSync(join(tree, 'DEBIAN'));
  chmodSync(join(tree, 'DEBIAN'), 0o755);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(tree, 'DEBIAN', name), content);
    chmodSync(join(tree, 'DEBIAN', name), 0o644);
  }
};

const md5Of = (file) => createHash('md5').update(readFileSync(file)).digest('hex');
