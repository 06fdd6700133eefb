import {mkdirSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {description} from '../bundle.js';
import {architectureNames, buildSingleFiles} from './single-file.js';

/** `node packaging/run.js [DIRECTORY] [--arch x64|arm64] [--node FILE]` */
const {positionals, values} = parseArgs({
  allowPositionals: true,
  options: {arch: {type: 'string', default: 'x64'}, node: {type: 'string'}},
});
const [directory = 'release'] = positionals;
const {arch, node} = values;

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error(`The executable is made on Linux for x64, and this is ${process.platform} for ${process.arch}.`);
if (!architectureNames.includes(arch))
  throw new Error(`There is no executable for ${arch}, only for ${architectureNames.join(' and ')}.`);
mkdirSync(directory, {recursive: true});

const executable = `${directory}/vfio-pilot-${description.version}-linux-${arch}`;
await buildSingleFiles({[arch]: executable}, node === undefined ? {} : {[arch]: node});
console.log(executable);
