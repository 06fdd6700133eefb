import {existsSync, mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseTree, unpackTree} from './tree-file.ts';

/** In the package (dist, or its chunks) the tree lies next to the program, in the source tree among the test hosts. */
const places = ['./demo-host.tree', '../demo-host.tree', '../../test/hosts/dell-r710-gtx1050.tree'];

/** Unpacks the demo host to a fresh directory that only this user may enter; the caller removes it. */
export const unpackDemoHost = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-demo-'));
  unpackTree(parseTree(readDemoTree()), root);
  return root;
};

const readDemoTree = (): string => {
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`demo-host.tree is missing from the package; looked for ${files.join(', ')}`);
  return readFileSync(file, 'utf8');
};
