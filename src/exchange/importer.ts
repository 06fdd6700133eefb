import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import type {Profile} from '../profile/profile.ts';

/** What the command line names: a guest of this host, or a file with its text. */
export type ImportSource = {
  readonly word: string;
  readonly text: string | null;
  /** Of the user whose file it is, for paths that begin with `~`; `null` where nobody said it. */
  readonly home: string | null;
};

export type Imported = {
  readonly profile: Profile;
  /** What the guest has and a profile cannot say. */
  readonly leftOut: readonly Finding[];
};

/** Why the text makes no profile: blockers, each with its place, next to what else there is to say. */
export type NotImported = {readonly profile: null; readonly findings: readonly Finding[]};

/** Makes a profile of what another program keeps of a guest. It never runs what it reads. Throws a UsageError that says why it can't. */
export type Importer = (facts: HostFacts, source: ImportSource) => Imported | NotImported;

export type ImporterEntry = {
  /** `import NAME …` */
  readonly name: string;
  /** The word after it. `isFile`: the path of a file, which is read. */
  readonly source: {readonly name: string; readonly isFile: boolean};
  /** Its files have paths below the home of a user, which `--home` names. */
  readonly hasHome: boolean;
  readonly load: () => Promise<Importer>;
};
