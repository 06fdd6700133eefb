import type {FoundImage} from '../host/images/find-images.ts';
import type {FolderEntry, Looked} from '../system/user-folder.ts';
import type {Change} from '../changes/change.ts';
import type {Check} from '../findings/check.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import type {Task} from '../plan/task.ts';
import type {Plan} from '../plan/plan.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {GuestPhase, Profile, WrittenProfile} from '../profile/profile.ts';
import type {RollbackPlan} from '../hosts/host.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import type {CommandStyle} from './command-style.ts';

export type Preview = {
  readonly plan: Plan | null;
  readonly findings: readonly Finding[];
  readonly changes: readonly Change[];
};

/** `text`: as the file was when it was read, with the comments of its author. */
export type SavedProfile = {readonly path: string; readonly profile: Profile; readonly text: string};

/** What this program has done to the machine, as its journals say. */
export type MachineState =
  | {readonly isReadable: false; readonly reason: string}
  | {
      readonly isReadable: true;
      /** `null`: nothing is applied. */
      readonly applied: AppliedState | null;
      /** Newest first. */
      readonly runs: readonly HistoryEntry[];
    };

export type AppliedState = {
  readonly id: string;
  readonly profile: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** `null` where the plan of the run cannot be read. */
  readonly guest: string | null;
  /** What the guest moves on to next; `null`: nothing. */
  readonly nextPhase: GuestPhase | null;
  readonly isTrial: boolean;
  /** How many files and images the run changed. */
  readonly pathCount: number;
  /** What a person does by hand, in order; ids of those that are done already. */
  readonly tasks: readonly Task[];
  readonly done: readonly string[];
};

/** What a rollback would do. */
export type RollbackView = {
  readonly id: string;
  readonly profile: string;
  readonly startedAt: string;
  /** `diff`: from the present text to the one before; empty for an image. */
  readonly undone: RollbackPlan['undone'];
  /** What the rollback leaves out, and why. */
  readonly notes: readonly string[];
};

export type RolledBackView = {
  readonly id: string | null;
  readonly pathCount: number;
  /** Whether the undone run had anything that only a boot takes away; also where its plan cannot be read. */
  readonly needsReboot: boolean;
  /** What a person still has to do, or to know. */
  readonly notes: readonly string[];
};

/** Choices that were not saved when the wizard was left. */
export type KeptDraft = {
  readonly base: Profile;
  /** By field id. */
  readonly edits: Readonly<Record<string, string | number>>;
  /** The profile that was opened. */
  readonly path: string | null;
  /** The step that was shown. */
  readonly step: string;
  /** ISO 8601. */
  readonly savedAt: string;
};

/** One draft for each host, in the person's own directory. */
export type DraftServices = {
  /** What the last start left; `null`: nothing. */
  readonly found: {readonly draft: KeptDraft} | {readonly problem: string} | null;
  readonly keep: (draft: Omit<KeptDraft, 'savedAt'>) => {readonly path: string} | {readonly problem: string};
  /** What kept it from being removed; `null` when it is gone. */
  readonly discard: () => string | null;
};

export type ApplyProgress =
  /** What begins now. */
  | {readonly kind: 'step'; readonly title: string}
  /** The last lines of the running command, oldest first. */
  | {readonly kind: 'output'; readonly lastLines: readonly string[]};

/** All that the wizard can do and know; it imports no reader and no writer of its own. */
export type WizardServices = {
  readonly facts: HostFacts;
  readonly machine: MachineState;
  readonly checks: readonly Check[];
  readonly savedProfiles: readonly SavedProfile[];
  /** `null`: the host is a scratch copy, or nothing is to be written. */
  readonly drafts: DraftServices | null;
  /** Pure: decisions and every file that would change; made when these are about to be shown. */
  readonly preview: (profile: Profile) => Preview;
  /** The decisions without the files: fast enough to follow each key. */
  readonly judge: (profile: Profile) => Pick<Preview, 'plan' | 'findings'>;
  /** Defaults for these devices on this host. */
  readonly proposeProfile: (devices: readonly string[]) => Profile;
  /** With what the opened file says by `match` or as a share, where that still means the same here. Pure. */
  readonly asWritten: (profile: Profile, openedPath: string | null) => WrittenProfile;
  /** The file that was opened, with this profile in it. Pure. */
  readonly edit: (openedText: string, profile: WrittenProfile) => string;
  /**
   * Never overwrites a file, unless it holds the same profile already, or was written by this run of the program, or
   * still has the text `replaces`, which is what the user opened: then it is kept as `PATH.bak`.
   */
  readonly saveProfile: (
    profile: WrittenProfile,
    path: string,
    replaces: string | null,
  ) => {readonly path: string} | {readonly problem: string};
  /** The list of what is to do by hand, next to the profile; `profilePath` is `null` where it was saved before. */
  readonly saveTodo: (list: {
    readonly profile: string;
    readonly profilePath: string | null;
    readonly runId: string;
    /** Ids of tasks. */
    readonly done: readonly string[];
    /** The whole list, for a file that does not have it yet. */
    readonly text: string;
  }) => {readonly path: string} | {readonly problem: string};
  /** A new file of that name, or of one like it that is free, where the person is. */
  readonly saveText: (name: string, text: string) => {readonly path: string} | {readonly problem: string};
  readonly files: FileServices;
  /** Rejects with a TransactionError; an aborted `signal` means "stop and restore". */
  readonly apply: (
    changes: readonly Change[],
    plan: Plan,
    onProgress: (progress: ApplyProgress) => void,
    signal: AbortSignal,
  ) => Promise<{readonly id: string}>;
  /** The same for one boot, after which the present system comes back unless it is confirmed; `null` on another root. */
  readonly trial: TrialServices | null;
  /** Each promise of the applied run, compared with the machine, read again. */
  readonly verify: () => Promise<readonly PromiseResult[]>;
  /** Of the newest applied run; only reads. Rejects where it would be refused. */
  readonly planRollback: () => Promise<RollbackView>;
  /** What was planned last. */
  readonly rollback: (onProgress: (progress: ApplyProgress) => void, signal: AbortSignal) => Promise<RolledBackView>;
  readonly isDemo: boolean;
  /** `apply` and the trial are played through in memory, and nothing is written. */
  readonly isDryRun: boolean;
  readonly commandStyle: CommandStyle;
  /** `label`: for the header, from the first frame on. */
  readonly canApply: {readonly ok: true} | {readonly ok: false; readonly label: string; readonly reason: string};
  /** A name that is free. */
  readonly defaultProfilePath: (profile: Profile) => string;
};

/** Looks with the rights of the person, and only looks. Paths are those of the host, or of the machine in front of the person. */
export type FileServices = {
  readonly findImages: () => Promise<readonly FoundImage[]>;
  /** `here`: a relative path is one of the folder that the program was started in. `null`: it can't be listed. */
  readonly list: (path: string, place: 'host' | 'here') => Promise<readonly FolderEntry[] | null>;
  readonly lookAt: (path: string) => Promise<Looked>;
};

export type TrialServices = {
  /** Pure: what a trial would add, or why this host can't have one. */
  readonly preview: (permanent: Preview) => {readonly changes: readonly Change[]} | {readonly reason: string};
  readonly apply: (
    permanent: Preview,
    onProgress: (progress: ApplyProgress) => void,
    signal: AbortSignal,
  ) => Promise<{readonly id: string}>;
};

/** What the caller prints and turns into an exit code once the terminal is its own again. */
export type WizardOutcome = {
  /**
   * `left`: before the last step; `interrupted`: by Ctrl-C or a signal; `finished`: on the last step; `again`: the
   * machine was changed, and the wizard goes on with what is true now.
   */
  readonly reason: 'left' | 'interrupted' | 'finished' | 'again';
  readonly savedPath: string | null;
  readonly appliedId: string | null;
  /** The run that was undone last. */
  readonly rolledBackId: string | null;
  /** Whether what was applied is a trial boot. */
  readonly isTrial: boolean;
  /** Whether what was applied, or undone last, takes effect at the next boot. */
  readonly needsReboot: boolean;
  /** What became of choices that were not saved; `null` where there were none. */
  readonly draft: {readonly path: string} | {readonly problem: string} | null;
  /** What `apply` rejected with, a TransactionError as a rule. */
  readonly error: unknown;
};
