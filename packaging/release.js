import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {parseArgs} from 'node:util';
import {description} from '../bundle.js';
import {buildDebianPackages} from './debian.js';
import {architectureNames, buildSingleFiles} from './single-file.js';

/**
 * `node packaging/release.js [DIRECTORY] [--node FILE --node-arm64 FILE]`: every file of a release, and their sums.
 * `npm run build` comes first.
 */
const {positionals, values} = parseArgs({
  allowPositionals: true,
  options: {node: {type: 'string'}, 'node-arm64': {type: 'string'}},
});
const [directory = 'release'] = positionals;
const nodes = {x64: values.node, arm64: values['node-arm64']};

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error(`A release is made on Linux for x64, and this is ${process.platform} for ${process.arch}.`);
if ((nodes.x64 === undefined) !== (nodes.arm64 === undefined))
  throw new Error(
    'A release has its Node from one place: give both --node FILE (for x64) and --node-arm64 FILE, or none.',
  );
mkdirSync(directory, {recursive: true});
// What an earlier build left there is no part of this release.
for (const name of readdirSync(directory).filter((one) => /^(?:vfio-pilot|SHA256SUMS)/.test(one)))
  rmSync(join(directory, name));

const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory]);
const tarball = join(directory, packed.toString().trim());
const executables = Object.fromEntries(
  architectureNames.map((name) => [name, join(directory, `vfio-pilot-${description.version}-linux-${name}`)]),
);
const described = await buildSingleFiles(executables, nodes);
const parts = {};
for (const [name, {sbom, notices}] of Object.entries(described)) {
  parts[`${executables[name]}.cdx.json`] = sbom;
  parts[`${executables[name]}.NOTICES.txt`] = notices;
}
for (const [file, content] of Object.entries(parts)) writeFileSync(file, content);
const packages = buildDebianPackages(directory, {tarball, executables, described});

const files = [tarball, ...Object.values(executables), ...Object.keys(parts), ...packages].sort((one, other) =>
  one < other ? -1 : 1,
);
const sumOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
writeFileSync(join(directory, 'SHA256SUMS'), files.map((file) => `${sumOf(file)}  ${basename(file)}\n`).join(''));
console.log([...files, join(directory, 'SHA256SUMS')].join('\n'));
