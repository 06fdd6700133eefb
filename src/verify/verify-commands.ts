import type {Artifact, CommandArtifact} from '../artifacts/artifact.ts';
import type {BootLoader, HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {PromiseResult} from './promise.ts';

/**
 * What commands were to bring about, read back: rendered again over the present facts, a command that is wanted for its
 * own sake is one whose effect is not there.
 */
export const verifyCommands = (facts: HostFacts, plan: Plan, artifacts: readonly Artifact[]): readonly PromiseResult[] => {
  const missing = artifacts.filter((artifact): artifact is CommandArtifact => artifact.kind === 'command' && artifact.triggers.length === 0);
  const lost = missing.map(({argv}): PromiseResult => ({
    id: 'command',
    status: 'broken',
    promise: `${argv.join(' ')} has taken effect.`,
    fact: 'What it was to bring about is not there.',
    remedy: 'See what undid it (an upgrade, a rollback of the system?), then apply the profile again.',
  }));
  const promise = facts.boot.loader === null ? undefined : promises[facts.boot.loader];
  if (lost.length > 0 || promise === undefined || plan.kernelArguments.add.length === 0) return lost;
  return [{id: 'command', status: 'kept', promise, fact: 'So it is.', remedy: null}];
};

/** Of the loaders whose arguments are written by a command. */
const promises: Partial<Record<BootLoader, string>> = {
  'rpm-ostree': 'The deployment that starts next has the kernel arguments.',
  sdbootutil: 'Each boot entry of this snapshot has the kernel arguments.',
};
