import type {Artifact, CommandArtifact} from '../artifacts/artifact.ts';
import {type BootPorts, bootPorts, writerOf} from '../boot/chains.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {Plan} from '../plan/plan.ts';

/**
 * What commands were to bring about, read back: rendered again over the present facts, a command that is wanted for its
 * own sake is one whose effect is not there. Without such a one the boot chain says what holds.
 */
export const verifyCommands = (
  facts: HostFacts,
  plan: Plan,
  artifacts: readonly Artifact[],
  ports: BootPorts = bootPorts,
): readonly PromiseResult[] => {
  const missing = artifacts.filter(
    (artifact): artifact is CommandArtifact => artifact.kind === 'command' && artifact.triggers.length === 0,
  );
  const lost = missing.map(({argv}): PromiseResult => ({
    id: 'command',
    status: 'broken',
    promise: `${argv.join(' ')} has taken effect.`,
    fact: 'What it was to bring about is not there.',
    remedy: 'See what undid it (an upgrade, a rollback of the system?), then apply the profile again.',
  }));
  if (lost.length > 0) return lost;
  return (writerOf(facts.boot, ports)?.promises(facts, plan) ?? []).map((promise) => ({id: 'command', ...promise}));
};
