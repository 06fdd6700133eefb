import type {Preview} from '../changes/preview.ts';
import type {HostFacts} from '../facts/host-facts.ts';

export type Section = {
  /** For which place the lines are; `null`: they are a whole file, and nothing may be in front of its first line. */
  readonly title: string | null;
  readonly lines: readonly string[];
};

/** Says a plan in the words of another program, for a person to paste. Throws a UsageError where this host has no such program. */
export type Exporter = (facts: HostFacts, preview: Preview) => readonly Section[];

export type ExporterEntry = {
  /** `export NAME PROFILE` */
  readonly name: string;
  /** Whether a program or a description of the other side reads it in the tests, and refuses what is broken. */
  readonly isProven: boolean;
  readonly load: () => Promise<Exporter>;
};
