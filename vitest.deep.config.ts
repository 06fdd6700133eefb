import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {defineConfig} from 'vitest/config';
import {BaseSequencer, type TestSpecification} from 'vitest/node';
import {honestReporter} from './test/support/honest-reporter.ts';
import base from './vitest.config.ts';

/** Tests that have several sizes (they import sizes.ts), and those that have no small one. */
const campaigns = readdirSync(join(import.meta.dirname, 'test'), {recursive: true, encoding: 'utf8'})
  .map((path) => join('test', path))
  .filter((path) => path.endsWith('.deep.test.ts') || (path.endsWith('.test.ts') && isSized(path)));

function isSized(path: string): boolean {
  return readFileSync(join(import.meta.dirname, path), 'utf8').includes("/support/sizes.ts'");
}

/** The longest begin first, so that none of them runs alone at the end: the faults made by hand, then the other campaigns. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({moduleId}: TestSpecification): number =>
      moduleId.includes('/mutants/') ? 0 : moduleId.endsWith('.deep.test.ts') ? 1 : 2;
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

const {projects: _, ...settings} = base.test ?? {};

/** `npm run test:deep`; VFIO_PILOT_SIZE=night runs every point and every state. */
export default defineConfig({
  plugins: base.plugins ?? [],
  test: {
    ...settings,
    reporters: ['default', honestReporter({readsGoldens: false})],
    include: campaigns,
    sequence: {sequencer: LongestFirst},
    env: {VFIO_PILOT_SIZE: process.env['VFIO_PILOT_SIZE'] ?? 'deep'},
  },
});
