import {build} from 'esbuild';

/** One file that Node runs as it is: a program of the tests with all that it imports. */
export const bundleDriver = async (entry: string, outfile: string): Promise<void> => {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    loader: {'.sh': 'text'},
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    // execa has parts that are no modules.
    banner: {
      js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
};
