import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {runChecks} from '../../src/checks/run-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {findingCodes, promiseIds, textsOf} from '../support/vocabulary.ts';
import {findTests} from './find-tests.ts';
import {renderTable} from './render-table.ts';
import {failureModes} from './table.ts';

const facts = sampleFacts();
/** Some checks are made only where there is something to check. */
const withMore: HostFacts = {
  ...facts,
  boot: {...facts.boot, secureBoot: true},
  signing: {
    ...facts.signing,
    modules: [{kernel: '6.1', name: 'kvmfr', path: '/kvmfr.ko', dkms: null, isSigned: false, key: null}],
  },
};

describe('the table of failure modes', () => {
  it('has each number from 1 to 104 once', () =>
    expect(failureModes.map(({number}) => number)).toEqual(Array.from({length: 104}, (_, index) => index + 1)));

  it('has a test for each number, and no test has a number that it lacks', () => {
    expect([...findTests().keys()].sort((one, other) => one - other)).toEqual(failureModes.map(({number}) => number));
  });

  it('names findings, checks and promises that there are', () => {
    const [checks, promises] = [runChecks(withMore).map(({id}) => id), promiseIds()];
    for (const {codes = [], checks: ids = [], promises: kept = []} of failureModes) {
      expect(codes.filter((code) => !findingCodes.includes(code))).toEqual([]);
      expect(ids.filter((id) => !checks.includes(id))).toEqual([]);
      expect(kept.filter((id) => !promises.has(id))).toEqual([]);
    }
  });

  it('names scenarios that there are', () => {
    const scenarios = [...textsOf('test/lab/scenarios', /\.js$/).values()].join('\n');
    for (const name of failureModes.flatMap(({scenarios: named = []}) => named))
      expect(scenarios).toMatch(new RegExp(`\\bname: '${name}'`));
  });

  it('says for each how it is handled: by a finding, a check, a promise, or a test alone', () => {
    for (const {number, handled, codes = [], checks = [], promises = []} of failureModes) {
      expect(handled, String(number)).not.toEqual([]);
      if (handled.includes('blocked') || handled.includes('told'))
        expect(codes.length + checks.length, `finding of ${number}`).toBeGreaterThan(0);
      if (handled.includes('verified')) expect(promises.length, `promise of ${number}`).toBeGreaterThan(0);
    }
  });

  it('is what README.md next to it says', async () => {
    await expect(renderTable()).toMatchFileSnapshot(join(import.meta.dirname, 'README.md'));
  });
});
