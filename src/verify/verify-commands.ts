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
  if (facts.boot.loader === 'nixos') return verifyGeneration(facts, plan);
  const promise = facts.boot.loader === null ? undefined : promises[facts.boot.loader];
  if (lost.length > 0 || promise === undefined || plan.kernelArguments.add.length === 0) return lost;
  if (facts.boot.loader === 'rpm-ostree' && (facts.boot.deployment ?? null) === null) return [{id: 'command', status: 'unknown', promise, fact: 'rpm-ostree gave no answer.', remedy: 'Run verify with sudo, on the started machine.'}];
  return [{id: 'command', status: 'kept', promise, fact: 'So it is.', remedy: null}];
};

/** Of the loaders whose arguments are written by a command. */
const promises: Partial<Record<BootLoader, string>> = {
  'rpm-ostree': 'The deployment that starts next has the kernel arguments.',
  'limine-entry-tool': 'Each entry that limine-entry-tool makes has the kernel arguments.',
  sdbootutil: 'Each boot entry of this snapshot has the kernel arguments.',
};

/** There the command is the user's. */
const verifyGeneration = ({boot}: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const present = boot.generationArguments?.split(/\s+/) ?? null;
  const missing = plan.kernelArguments.add.map((argument) => argument.text).filter((word) => present?.includes(word) === false);
  if (plan.kernelArguments.add.length === 0) return [];
  return [{
    id: 'command',
    status: present === null ? 'unknown' : missing.length === 0 ? 'kept' : 'broken',
    promise: 'The NixOS generation that starts next has the kernel arguments.',
    fact: present === null ? 'Its kernel-params can not be read.' : missing.length === 0 ? 'So it is.' : `It lacks ${missing.join(' ')}.`,
    remedy: present === null || missing.length === 0 ? null : 'Is vfio-pilot.nix imported? Then run nixos-rebuild boot.',
  }];
};
