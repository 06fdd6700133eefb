import {copyFileSync, readFileSync, rmSync} from 'node:fs';
import {build} from 'esbuild';

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', {recursive: true, force: true});
await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  jsx: 'automatic',
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'linked',
  // ink loads its devtools only when DEV=true; they are not part of the package.
  external: ['react-devtools-core'],
  define: {'process.env.NODE_ENV': '"production"', VFIO_PILOT_VERSION: JSON.stringify(version)},
  banner: {js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);"},
});
copyFileSync('test/hosts/dell-r710-gtx1050.tree', 'dist/demo-host.tree');
