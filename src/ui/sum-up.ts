import type {Change} from '../changes/change.ts';
import {partsOf, shortenedFiles} from '../changes/sum-up.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Plan} from '../plan/plan.ts';
import {asksForReboot} from './asks-for-reboot.ts';

/** All that applying would do, in one sentence. */
export const sumUp = (facts: HostFacts, plan: Plan, changes: readonly Change[]): string => {
  const parts = partsOf(changes, asksForReboot(facts, plan));
  if (parts.length === 0) return 'No change: this host is set up like this already.';
  const gone = removals(facts, plan, changes);
  return `${parts.join(', ')}; ${gone.length === 0 ? 'nothing of yours is removed' : `removed: ${gone.join(', ')}`}.`;
};

const removals = (
  facts: HostFacts,
  {kernelArguments: {add, remove}}: Plan,
  changes: readonly Change[],
): readonly string[] => [
  ...changes.filter(({kind}) => kind === 'remove').map(({path}) => path),
  ...shortenedFiles(facts, changes).map((path) => `lines of ${path}`),
  ...remove
    .filter((gone) => !add.some((one) => keyOf(one.text) === keyOf(gone.text)))
    .map((gone) => `kernel argument ${gone.text}`),
];

const keyOf = (argument: string): string => argument.split('=')[0] ?? '';
