import {expect, it} from 'vitest';
import {undoVerb} from '../../src/changes/undo-verb.ts';

it.each([
  ['--- /etc/made\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n', 'remove '],
  ['--- /etc/kept\n+++ /etc/kept\n@@ -1,1 +1,1 @@\n-a\n+++ /dev/null\n', 'restore'],
  ['', 'restore'],
])('what a run made is removed by its rollback, all else is restored: %j', (diff, verb) => {
  expect(undoVerb(diff)).toBe(verb);
});
