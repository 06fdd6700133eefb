import {mkdirSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {description} from '../bundle.js';
import {buildSingleFile} from './single-file.js';

/** `node packaging/run.js [DIRECTORY] [--node FILE]` */
const {positionals, values} = parseArgs({allowPositionals: true, options: {node: {type: 'string'}}});
const [directory = 'release'] = positionals;

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error(`The executable is made on Linux for x64, and this is ${process.platform} for ${process.arch}.`);
mkdirSync(directory, {recursive: true});

const executable = `${directory}/vfio-pilot-${description.version}-linux-x64`;
await buildSingleFile(executable, values.node);
console.log(executable);
