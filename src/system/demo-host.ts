import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {demoHosts} from './demo-names.ts';
import {isSingleFile, readAsset} from './single-file.ts';
import {parseTree, unpackApart} from './tree-file.ts';

/** In the package (dist, or its chunks) the trees lie next to the program, in the source tree they are the test hosts; one executable holds them. */
const places = ['./demo', '../demo', '../../test/hosts'];

/** Unpacks a demo host, which must be one of `demoHosts`, to a fresh directory that only this user may enter; the caller removes it. */
export const unpackDemoHost = (name: string): string => unpackApart(parseTree(readDemoTree(name)), 'demo');

const readDemoTree = (name: string): string => {
  const tree = demoHosts[name]?.tree ?? name;
  if (isSingleFile) return readAsset(`${tree}.tree`);
  const files = places.map((place) => fileURLToPath(new URL(`${place}/${tree}.tree`, import.meta.url)));
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`${tree}.tree is missing from the package; looked for ${files.join(', ')}`);
  return readFileSync(file, 'utf8');
};
