import {build} from 'esbuild';

/** A module of the other tests, for the lab's Node, which reads no TypeScript. */
export const importTypeScript = async (path) => {
  const {outputFiles} = await build({
    entryPoints: [path],
    bundle: true,
    loader: {'.sh': 'text'},
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'silent',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
};
