import type {Change} from '../changes/change.ts';
import type {Plan} from '../plan/plan.ts';
import {comesWithBoot} from './what-next.ts';

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** All that applying would do, in one sentence. */
export const sumUp = (plan: Plan, changes: readonly Change[]): string => {
  const runs = changes.filter(({kind}) => kind === 'run').length;
  const parts = [
    ...(changes.length === runs ? [] : [count(changes.length - runs, 'file')]),
    ...(runs === 0 ? [] : [count(runs, 'command')]),
    ...(changes.length > 0 && comesWithBoot(plan) ? ['a reboot'] : []),
  ];
  if (parts.length === 0) return 'No change: this host is set up like this already.';
  const gone = removals(plan, changes);
  return `${parts.join(', ')}; ${gone.length === 0 ? 'nothing of yours is removed' : `removed: ${gone.join(', ')}`}.`;
};

const removals = ({kernelArguments: {add, remove}}: Plan, changes: readonly Change[]): readonly string[] => [
  ...changes.filter(({kind}) => kind === 'remove').map(({path}) => path),
  ...changes
    .filter((change) => change.kind === 'replace' && losesLines(change.diff))
    .map(({path}) => `lines of ${path}`),
  ...remove
    .filter((gone) => !add.some((one) => keyOf(one.text) === keyOf(gone.text)))
    .map((gone) => `kernel argument ${gone.text}`),
];

const keyOf = (argument: string): string => argument.split('=')[0] ?? '';

/** Whether some place of a unified diff has fewer lines afterwards: a line that only changed is still there. */
const losesLines = (diff: string): boolean =>
  diff
    .split(/^@@.*@@.*$/m)
    .slice(1)
    .some((hunk) => countRows(hunk, '-') > countRows(hunk, '+'));

const countRows = (hunk: string, sign: string): number => hunk.split('\n').filter((row) => row.startsWith(sign)).length;
