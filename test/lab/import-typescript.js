import {dirname} from 'node:path';
import {build} from 'esbuild';

/** A module of the other tests, for the lab's Node, which reads no TypeScript. */
export const importTypeScript = async (path) => {
  const {outputFiles} = await build({
    entryPoints: [path],
    bundle: true,
    loader: {'.sh': 'text'},
    // The bundle is of no folder; the paths that a module of the tests makes are its own.
    define: {'import.meta.dirname': JSON.stringify(dirname(path))},
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'silent',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
};
