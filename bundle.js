import {readFileSync} from 'node:fs';
import {relative, resolve} from 'node:path';
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

/** What looks at the nodes of a profile alone, and is reached by commands that read none. */
const nodesAlone = ['codec', 'device-format', 'scalars', 'sections'].map((name) => `src/profile/${name}.ts`);

/**
 * The same yaml as modules, of which a command loads what it uses. What Node would resolve is CommonJS, whose 70 files
 * are loaded and run as one. None of the modules does anything but define what it exports.
 */
const withYamlModules = {
  name: 'with-yaml-modules',
  setup({onResolve, onLoad}) {
    const modules = resolve('node_modules/yaml/browser/dist');
    onResolve({filter: /^yaml$/}, ({importer}) =>
      nodesAlone.includes(relative('', importer))
        ? {path: 'nodes', namespace: 'yaml'}
        : {path: resolve(modules, 'index.js'), sideEffects: false},
    );
    onLoad({filter: /.*/, namespace: 'yaml'}, () => ({
      contents: "export * from './nodes/identity.js'; export {Scalar} from './nodes/Scalar.js';",
      resolveDir: modules,
    }));
    onResolve({filter: /^\.{1,2}\//}, ({path, resolveDir}) =>
      resolveDir.startsWith(modules) ? {path: resolve(resolveDir, path), sideEffects: false} : undefined,
    );
  },
};

/** What nearly every command needs: what reads a host, and what judges it. */
const core = ['src/host/read-host.ts', 'src/commands/check.ts'];

/** What the start needs, and every command that looks at a host. */
const base = [
  'src/commands/command.ts',
  'src/commands/parse.ts',
  'src/decode/decode.ts',
  'src/errors.ts',
  'src/facts/pci-address.ts',
  'src/hosts/boot-id.ts',
  'src/system/machine-error.ts',
  'src/system/single-file.ts',
  'src/system/source.ts',
  'src/system/state-directory.ts',
  'src/system/trusted-program.ts',
  'src/words/count.ts',
  'src/words/list-words.ts',
  'src/words/printable.ts',
  'src/words/quote-for-shell.ts',
  'src/words/with-program-name.ts',
];

/** What is loaded before a host is read, or without one, so that it has nothing to wait for; and a list of groups, which reads little of a host. */
const first = [
  'src/main.ts',
  'src/commands/completion/completion.ts',
  'src/commands/demo-list.ts',
  'src/commands/describe-progress.ts',
  'src/commands/groups.ts',
  'src/commands/help.ts',
  'src/commands/open-host.ts',
  'src/commands/wizard.ts',
  'src/host/read-groups.ts',
  'src/hosts/recover.ts',
  'src/system/demo-host.ts',
  'src/system/pager.ts',
  'src/system/real-machine.ts',
  'src/transaction/runs.ts',
  'src/words/fits-screen.ts',
];

/**
 * One chunk of the core instead of a hundred. esbuild puts into one chunk what is reached from the same entries, and each
 * `import()` is an entry; so all of them but the first get to reach the whole core. It saves `check` a fifth of its time.
 */
export const withOneCore = {
  name: 'with-one-core',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^\./, namespace: 'file'}, ({kind, path, resolveDir}) => {
      const file = relative('', resolve(resolveDir, path));
      return kind === 'dynamic-import' ? {path: file, namespace: 'entry'} : undefined;
    });
    onLoad({filter: /.*/, namespace: 'entry'}, ({path}) => {
      const reached = first.includes(path) ? base : [...base, ...core];
      return {
        contents: [...reached.map((file) => `import './${file}';`), `export * from './${path}';`].join('\n'),
        resolveDir: resolve(),
      };
    });
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
    plugins: [withoutDevtools, withYamlModules, ...plugins],
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
