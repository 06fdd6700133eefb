import type {OnRollback, Placing, RunArtifact, WrittenBy} from '../artifacts/artifact.ts';

/** What was at a path when the plan was made, absence included (a plan on "nothing there" must notice that something appeared). */
export type Fingerprint =
  | {readonly state: 'absent'}
  | {readonly state: 'file'; readonly sha256: string; readonly mode: number; readonly uid: number; readonly gid: number}
  | {readonly state: 'symlink'; readonly target: string};

/** The difference between an artifact and what is there. An artifact that is already true yields no change. */
export type Change = FileChange | SymlinkChange | RunChange;

export type FileChange = {
  readonly kind: 'create' | 'replace' | 'remove';
  readonly path: string;
  readonly expected: Fingerprint;
  /** New content; `null` removes the file. */
  readonly content: {readonly text: string; readonly encoding: 'utf8' | 'latin1'; readonly mode: number} | null;
  readonly placing: Placing;
  readonly by: WrittenBy;
  readonly onRollback?: OnRollback;
  readonly diff: string;
  readonly why: readonly string[];
};

export type SymlinkChange = {
  readonly kind: 'create' | 'replace' | 'remove';
  readonly path: string;
  readonly expected: Fingerprint;
  /** New target; `null` removes the link. */
  readonly target: string | null;
  readonly diff: string;
  readonly why: readonly string[];
};

export type RunChange = {
  readonly kind: 'run';
  /** The command as a person would type it. */
  readonly path: string;
  readonly command: RunArtifact;
  readonly diff: '';
  readonly why: readonly string[];
};

export const isSymlinkChange = (change: Change): change is SymlinkChange => change.kind !== 'run' && 'target' in change;
export const isFileChange = (change: Change): change is FileChange => change.kind !== 'run' && 'content' in change;
