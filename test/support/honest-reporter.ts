import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, relative, resolve} from 'node:path';
import type {Reporter, TestModule, Vitest} from 'vitest/node';
import {notPossible} from './not-possible.ts';

const repository = resolve(import.meta.dirname, '../..');
const goldens = resolve(repository, 'test/golden');

/** In CI everything that the tests need is installed, so a test that does not run is a fault. */
const isStrict = process.env['VFIO_PILOT_STRICT'] !== undefined;

/**
 * Says what a green run hides: tests that did not run, groups that hold no test (`it.each` of an empty list), and
 * expected outputs that no test compares with. With VFIO_PILOT_STRICT they fail the run, the listed ones of
 * `not-possible.ts` aside. `readsGoldens`: all of the expected outputs belong to tests of this configuration. The
 * numbers go to the file VFIO_PILOT_COUNTS as JSON.
 */
export const honestReporter = ({readsGoldens}: {readonly readsGoldens: boolean}): Reporter => {
  let vitest: Vitest | null = null;
  return {
    onInit: (started) => void (vitest = started),
    onTestRunEnd: async (modules, errors) => {
      const isWhole =
        readsGoldens &&
        vitest !== null &&
        vitest.config.testNamePattern === undefined &&
        modules.length === (await vitest.globTestSpecifications()).length;
      // Whoever names tests on the command line leaves the others out knowingly.
      const isNamed = vitest?.config.testNamePattern !== undefined;
      const left = isNamed ? [] : modules.flatMap(testsLeftOut);
      const excused = left.filter((name) => notPossible.some(({test}) => name.includes(test)));
      const skipped = left.filter((name) => !excused.includes(name));
      const unread = isWhole && (isStrict || skipped.length === 0) ? goldensWithoutTest() : [];
      report('did not run', skipped);
      report('can not run here (test/support/not-possible.ts says why)', excused);
      report('expected outputs are compared by no test', unread);
      if (unread.length > 0 || (isStrict && skipped.length > 0)) process.exitCode = 1;
      const counts = process.env['VFIO_PILOT_COUNTS'];
      if (counts !== undefined) {
        const count = (state: 'passed' | 'failed'): number =>
          modules.reduce((sum, module) => sum + [...module.children.allTests(state)].length, 0);
        const broken = modules.filter((module) => module.errors().length > 0).length + errors.length + unread.length;
        writeFileSync(
          counts,
          JSON.stringify({
            passed: count('passed'),
            failed: count('failed') + broken + (isStrict ? skipped.length : 0),
            skipped: skipped.length,
            failures: modules.flatMap(failuresOf),
          }),
        );
      }
    },
  };
};

/** Each failed test with the first lines of its error: the end of a long log is all that some places keep. */
const failuresOf = (module: TestModule): readonly string[] =>
  [...module.children.allTests('failed')].map((test) => {
    const [message = ''] = (test.result().errors ?? []).map((error) => error.message);
    return [`${relative(repository, module.moduleId)} > ${test.fullName}`, ...message.split('\n').slice(0, 6)].join(
      '\n    ',
    );
  });

const testsLeftOut = (module: TestModule): readonly string[] => {
  const nameOf = (name: string): string => `${relative(repository, module.moduleId)} > ${name}`;
  const empty = [...module.children.allSuites()].filter((suite) => suite.children.size === 0);
  return [
    ...[...module.children.allTests('skipped')].map((test) => nameOf(test.fullName)),
    ...empty.map((suite) => nameOf(`${suite.fullName} (holds no test)`)),
  ];
};

/** `readSnapshotFile` of golden-environment.ts has noted the others. */
const goldensWithoutTest = (): readonly string[] => {
  const notes = process.env['VFIO_PILOT_GOLDENS'];
  const read = new Set(notes !== undefined && existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : []);
  return readdirSync(goldens, {recursive: true, withFileTypes: true, encoding: 'utf8'})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !read.has(path))
    .map((path) => relative(repository, path));
};

const report = (what: string, names: readonly string[]): void => {
  if (names.length > 0)
    process.stderr.write(`${names.length} ${what}:\n${names.map((name) => `  ${name}\n`).join('')}`);
};
