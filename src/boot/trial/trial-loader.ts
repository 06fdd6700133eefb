import type {CommandArtifact, FileArtifact} from '../../artifacts/artifact.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';

export type TrialEntry = {
  /** Where the trial's own image goes: where the boot loader can read it. */
  readonly imagePath: string;
  readonly entry: FileArtifact;
  readonly chooseOnce: CommandArtifact;
};

/** How one boot loader starts an entry for one boot only. */
export type TrialLoader = {
  /** Sentences why the host could not come back on its own; empty when it can. */
  readonly judge: (facts: HostFacts) => readonly string[];
  /** Arguments of the entry that started the running system. */
  readonly argumentsOf: (facts: HostFacts) => string | null;
  /** `null` only where `judge` has said why. */
  readonly render: (facts: HostFacts, commandLine: string) => TrialEntry | Finding | null;
};
