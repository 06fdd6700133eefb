import {defineConfig} from 'vitest/config';
import base from '../../vitest.config.ts';

const {projects, globalSetup, snapshotEnvironment, ...settings} = base.test ?? {};
const [functions] = projects ?? [];
if (typeof functions !== 'object' || !('test' in functions))
  throw new Error('vitest.config.ts has no project of function tests');

/** The tests of functions in one project, as Stryker wants it. */
export default defineConfig({
  plugins: base.plugins ?? [],
  test: {
    ...settings,
    reporters: ['dot'],
    include: functions.test?.include ?? [],
    globalSetup: globalSetup ?? [],
    snapshotEnvironment: snapshotEnvironment ?? '',
  },
});
