import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {build} from 'esbuild';
import {bundledPackages, renderNotices, renderSbom} from './third-party.js';

const description = JSON.parse(readFileSync('package.json', 'utf8'));

/** ink loads them when DEV=true, and with them a web socket; they have no place in what root runs. */
const withoutDevtools = {
  name: 'without-devtools',
  setup({onLoad}) {
    onLoad({filter: /\/ink\/build\/devtools\.js$/}, () => ({contents: 'export {};'}));
  },
};

/** The hosts of `--demo`, and where each part of them comes from, as their licences want it. */
const copyDemos = async (directory) => {
  const {outputFiles} = await build({
    entryPoints: ['src/system/demo-names.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const {demoHosts} = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const trees = Object.values(demoHosts).map(({tree}) => tree);
  mkdirSync(directory);
  for (const tree of trees) copyFileSync(`test/hosts/${tree}.tree`, `${directory}/${tree}.tree`);
  writeFileSync(
    `${directory}/ORIGINS.md`,
    trees.map((tree) => readFileSync(`test/hosts/${tree}.md`, 'utf8')).join('\n'),
  );
};

/** `node build.js [DIRECTORY]` */
const outdir = process.argv[2] ?? 'dist';

rmSync(outdir, {recursive: true, force: true});
const {metafile} = await build({
  entryPoints: ['src/cli.ts'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  jsx: 'automatic',
  loader: {'.sh': 'text', '.bash': 'text', '.zsh': 'text', '.fish': 'text'},
  chunkNames: 'chunks/[name]-[hash]',
  // Not minified: whoever is asked to run this as root may want to read it, and it starts no slower (measured).
  legalComments: 'linked',
  metafile: true,
  plugins: [withoutDevtools],
  define: {
    'process.env.NODE_ENV': '"production"',
    VFIO_PILOT_VERSION: JSON.stringify(description.version),
    // yoga only asks whether it is there; Node answers by loading its whole HTTP client (10 ms), and we have no use for a network.
    fetch: 'undefined',
  },
  banner: {
    js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
const packages = bundledPackages(metafile);
writeFileSync(`${outdir}/sbom.cdx.json`, renderSbom(packages, description));
writeFileSync(`${outdir}/THIRD-PARTY-NOTICES.txt`, renderNotices(packages));
await copyDemos(`${outdir}/demo`);
// npm puts it among the manual pages (`man` in package.json).
writeFileSync(`${outdir}/vfio-pilot.8`, execFileSync(process.execPath, [`${outdir}/cli.js`, 'manual'], {env: {}}));
