import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {bundleProgram, demoTrees, description, withOneCore} from './bundle.js';
import {bundledPackages, renderNotices, renderSbom} from './third-party.js';

/** The hosts of `--demo`, and where each part of them comes from, as their licences want it. */
const copyDemos = async (directory) => {
  const trees = await demoTrees();
  mkdirSync(directory);
  for (const tree of trees) copyFileSync(`test/hosts/${tree}.tree`, `${directory}/${tree}.tree`);
  writeFileSync(
    `${directory}/ORIGINS.md`,
    trees.map((tree) => readFileSync(`test/hosts/${tree}.md`, 'utf8')).join('\n'),
  );
};

/** `node build.js [DIRECTORY]` */
const outdir = process.argv[2] ?? 'dist';

// npm packs the modes of the files, too, and those are not to be the builder's habit.
process.umask(0o022);
rmSync(outdir, {recursive: true, force: true});
const {metafile} = await bundleProgram({
  outdir,
  splitting: true,
  target: 'node20.19',
  plugins: [withOneCore],
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'linked',
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
