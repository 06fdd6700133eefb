import {readFileSync} from 'node:fs';
import {configDefaults, defineConfig} from 'vitest/config';
import {honestReporter} from './test/support/honest-reporter.ts';

/** Tests of functions, the fast half; `npm run check` runs those that a change concerns. */
const functionTests = [
  'test/{artifacts,boot,capture,changes,checks,commands,devices,failure-modes,field,figures,fleet,formats,groups,host,hypervisor,image,plan,profile,topology,ui,verify}/**/*.test.{ts,tsx}',
];
/** What these look at is the text of the project. */
const pure = ['test/{architecture,vocabulary}.test.ts', 'test/docs/docs.test.ts', ...functionTests];
const all = 'test/**/*.test.{ts,tsx}';
/** Campaigns that have no small size: `npm run test:deep` runs them. */
const deepOnly = 'test/**/*.deep.test.ts';

/** Milliseconds. Only against a test that never ends: a slow machine is no fault, so it is ten times what any test takes. */
const endless = process.env['VFIO_PILOT_SIZE'] === 'night' ? 7_200_000 : 1_800_000;

/** As the bundler does: a shell file is its text. */
const shellText = {
  name: 'shell-text',
  enforce: 'pre',
  load: (id: string) =>
    /\.(?:sh|bash|zsh|fish)$/.test(id) ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))};` : null,
} as const;

export default defineConfig({
  plugins: [shellText],
  test: {
    reporters: ['default', honestReporter({readsGoldens: true})],
    // Loading the program costs a second a file; nothing of it is kept from one test to the next.
    isolate: false,
    projects: [
      {extends: true, test: {name: 'pure', include: pure, exclude: [...configDefaults.exclude, deepOnly]}},
      {extends: true, test: {name: 'real', include: [all], exclude: [...configDefaults.exclude, ...pure, deepOnly]}},
    ],
    globalSetup: ['test/support/prepare-shared-data.ts', 'test/support/prepare-scratch.ts'],
    snapshotEnvironment: 'test/support/golden-environment.ts',
    // An expected output that is missing is a fault; `-u` writes it.
    update: 'none',
    testTimeout: endless,
    hookTimeout: endless,
    teardownTimeout: endless,
    maxWorkers: 2,
  },
});
