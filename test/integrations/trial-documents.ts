import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';

export type Document = Readonly<Record<string, unknown>>;

/** What `apply --dry-run` prints of a tree, from which the documents of a trial are made: no tree boots. */
export const readPlan = async (host: string): Promise<Document> => {
  const {stdout} = await runCli(['apply', profilePath(host), '--root', unpackHost(host), '--dry-run', '--json']);
  return JSON.parse(stdout) as Document;
};

export const errorDocument = (code: string): Document => ({
  version: 1,
  error: {code, message: 'It is so.', nextStep: 'Do that.', isRestored: null},
});

export const brokenPromises = [
  {id: 'a', status: 'broken', promise: 'It is bound.', fact: 'It is not.', remedy: null},
] as const;

export const verifiedDocument = (pending: boolean, promises: readonly object[] = []): Document => ({
  version: 1,
  profile: 'p',
  rebootRequired: pending,
  pending,
  promises,
});

export const confirmedDocument = (plan: Document, outcome: string, promises: readonly object[] = []): Document => ({
  ...plan,
  promises,
  outcome,
  applied: outcome === 'applied' ? 'r1' : null,
});
