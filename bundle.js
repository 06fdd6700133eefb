import {readFileSync} from 'node:fs';
import {build} from 'esbuild';

/** package.json */
export const description = JSON.parse(readFileSync('package.json', 'utf8'));

/** ink loads them when DEV=true, and with them a web socket; they have no place in what root runs. */
export const withoutDevtools = {
  name: 'without-devtools',
  setup({onLoad}) {
    onLoad({filter: /\/ink\/build\/devtools\.js$/}, () => ({contents: 'export {};'}));
  },
};

/** What is the same in each form of the program; `options` of esbuild say where it goes and in how many files. */
export const bundleProgram = ({plugins = [], define = {}, ...options}) =>
  build({
    entryPoints: ['src/cli.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    loader: {'.sh': 'text', '.bash': 'text', '.zsh': 'text', '.fish': 'text'},
    // Not minified: whoever is asked to run this as root may want to read it, and it starts no slower (measured).
    metafile: true,
    plugins: [withoutDevtools, ...plugins],
    define: {
      'process.env.NODE_ENV': '"production"',
      // With it ink looks for its own package.json.
      'process.env.DEV': '""',
      VFIO_PILOT_VERSION: JSON.stringify(description.version),
      // yoga only asks whether it is there; Node answers by loading its whole HTTP client (10 ms), and we have no use for a network.
      fetch: 'undefined',
      ...define,
    },
    ...options,
  });

/** The names of the trees of `--demo`, which are among the hosts of the tests. */
export const demoTrees = async () => {
  const {outputFiles} = await build({
    entryPoints: ['src/system/demo-names.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const {demoHosts} = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return Object.values(demoHosts).map(({tree}) => tree);
};
