import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {parseArgs} from 'node:util';
import {description} from '../bundle.js';
import {buildDebianPackages} from './debian.js';
import {buildSingleFile} from './single-file.js';

/** `node packaging/release.js [DIRECTORY] [--node FILE]`: every file of a release, and their sums. `npm run build` comes first. */
const {positionals, values} = parseArgs({allowPositionals: true, options: {node: {type: 'string'}}});
const [directory = 'release'] = positionals;

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error(`A release is made on Linux for x64, and this is ${process.platform} for ${process.arch}.`);
mkdirSync(directory, {recursive: true});
// What an earlier build left there is no part of this release.
for (const name of readdirSync(directory).filter((one) => /^(?:vfio-pilot|SHA256SUMS)/.test(one)))
  rmSync(join(directory, name));

const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory]);
const tarball = join(directory, packed.toString().trim());
const executable = join(directory, `vfio-pilot-${description.version}-linux-x64`);
const {sbom, notices} = await buildSingleFile(executable, values.node);
const described = {[`${executable}.cdx.json`]: sbom, [`${executable}.NOTICES.txt`]: notices};
for (const [file, content] of Object.entries(described)) writeFileSync(file, content);
const packages = buildDebianPackages(directory, {tarball, executable, sbom, notices});

const files = [tarball, executable, ...Object.keys(described), ...packages].sort((one, other) =>
  one < other ? -1 : 1,
);
const sumOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
writeFileSync(join(directory, 'SHA256SUMS'), files.map((file) => `${sumOf(file)}  ${basename(file)}\n`).join(''));
console.log([...files, join(directory, 'SHA256SUMS')].join('\n'));
