import {describe, expect, it} from 'vitest';
import type {Change} from '../../src/changes/change.ts';
import {partsOf, shortenedFiles} from '../../src/changes/sum-up.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleFiles} from '../support/sample-plan.ts';

const file = (path: string, text: string | null, kind: 'create' | 'replace' | 'remove' = 'replace'): Change => ({
  kind,
  path,
  expected: {state: 'absent'},
  content: text === null ? null : {text, encoding: 'utf8', mode: 0o644},
  placing: 'first',
  by: 'writer',
  diff: '',
  why: [],
});
const link: Change = {kind: 'replace', path: '/link', expected: {state: 'absent'}, target: null, diff: '', why: []};
const run: Change = {
  kind: 'run',
  path: 'update-grub',
  command: {kind: 'command', argv: ['/usr/sbin/update-grub'], undo: null, triggers: [], timeoutSeconds: 1, why: []},
  diff: '',
  why: [],
};

describe('what applying takes', () => {
  it.each([
    [[], true, []],
    [[], false, []],
    [[file('/a', '')], false, ['1 file']],
    [[file('/a', ''), link], true, ['2 files', 'a reboot']],
    [[run], false, ['1 command']],
    [[run, run, file('/a', '')], true, ['1 file', '2 commands', 'a reboot']],
  ] as const)('%# is counted, and what there is none of is left out', (changes, needsReboot, parts) =>
    expect(partsOf(changes, needsReboot)).toEqual(parts),
  );
});

describe('a file that loses lines', () => {
  const facts = sampleFacts(undefined, {
    files: sampleFiles({'/a': 'one\ntwo\nthree\n', '/b': 'one\n', '/link': 'x\ny\n'}),
  });

  it.each([
    ['a line that goes', file('/a', 'one\nthree\n'), ['/a']],
    ['two lines that become one', file('/a', 'one\nother\n'), ['/a']],
    ['all of them', file('/a', ''), ['/a']],
    ['one that goes where another comes elsewhere', file('/a', 'two\nthree\nfour\nfive\n'), ['/a']],
    ['a line that changes', file('/a', 'one\nTWO\nthree\n'), []],
    ['a line that comes', file('/b', 'one\ntwo\n'), []],
    ['the same text', file('/b', 'one\n'), []],
    ['one that was not read', file('/c', 'one\n'), []],
    ['a new one', file('/a', 'one\n', 'create'), []],
    ['one that is removed, which is said of it as a whole', file('/a', null, 'remove'), []],
    ['a link', link, []],
    ['a command', run, []],
  ] as const)('is not mistaken: %s', (_, change, paths) => expect(shortenedFiles(facts, [change])).toEqual(paths));
});
