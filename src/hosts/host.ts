import type {GroupFacts, GroupOutline} from '../host/read-groups.ts';
import type {LateEntry} from '../boot/boot-chain.ts';
import type {Capture} from '../capture/collect-entries.ts';
import type {Preview} from '../changes/preview.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {PositionOf} from '../plan/context.ts';
import type {Plan} from '../plan/plan.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import type {ApplyResult} from '../transaction/apply.ts';
import type {ShownEdit} from '../transaction/edits.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import type {RecoverOptions, Recovery} from '../transaction/recover.ts';
import type {RollbackRequest, RollbackResult} from '../transaction/rollback.ts';
import type {KeptRun} from '../transaction/prune.ts';
import type {UnreadableRun} from '../transaction/runs.ts';
import type {OnProgress} from '../transaction/transaction.ts';
import type {AppliedRun} from './applied-run.ts';
import type {HostFiles} from './host-files.ts';
import type {LaterKernels} from './later-kernels.ts';

/**
 * A machine, or a tree, as a whole: what commands do with it. Requests and results are data, so that the same program
 * on another machine can stand behind it. All that reads journals or writes throws NoRightsError where only root may.
 */
export type Host = {
  /** The root as a path: `/`, or the tree of another host. */
  readonly name: string;
  /** The running system, not another tree. */
  readonly isLive: boolean;
  /** A dry run: whatever is written stays in memory. */
  readonly isDry: boolean;
  /** Whether this user may write. */
  readonly mayWrite: boolean;

  /** Read anew at each call. */
  readonly facts: () => Promise<HostFacts>;
  /** What a list of the IOMMU groups shows: on a host of 4,000 functions a fraction of `facts`. */
  readonly groupOutline: () => Promise<GroupOutline>;
  /** The functions and the groups in full, and nothing else. */
  readonly groups: () => Promise<GroupFacts>;
  readonly preview: (profile: WrittenProfile, positionOf?: PositionOf) => Promise<Proposal>;
  readonly files: () => Promise<HostFiles>;
  /** Adds to facts what is at the paths that a profile names. */
  readonly look: () => Promise<(facts: HostFacts, profile: Pick<WrittenProfile, 'guest'>) => HostFacts>;
  readonly capture: (file: string) => Promise<Capture>;
  /** Text about this host without what names it, for a person to publish. */
  readonly scrub: () => Promise<(text: string) => string>;

  /** Newest first. */
  readonly history: () => Promise<readonly HistoryEntry[]>;
  /** What is among the journals and cannot be undone by this program. */
  readonly unreadable: () => Promise<readonly UnreadableRun[]>;
  readonly measureRuns: () => Promise<readonly KeptRun[]>;
  /** Removes the journals that nothing needs; answers which. */
  readonly pruneRuns: () => Promise<readonly KeptRun[]>;
  /** Ids of runs that were interrupted and are not finished. */
  readonly interrupted: () => Promise<readonly string[]>;
  /** `null` when nothing is applied. */
  readonly applied: () => Promise<AppliedRun | null>;
  /** The newest applied run that set this guest up, trials aside; `null` when none did. */
  readonly appliedTo: (guest: string) => Promise<AppliedRun | null>;
  /** What the hooks of a guest and its own process have said last. */
  readonly guestLog: (guest: string) => Promise<GuestLog>;
  /** Whether the newest applied run waits for a reboot; `null` where only root could read that, and where it is unknown. */
  readonly awaitsReboot: (facts: HostFacts) => Promise<boolean | null>;
  readonly verify: (run: AppliedRun) => Promise<readonly PromiseResult[]>;
  /** The promises of a plan that somebody else has made true here: a script, or a person. */
  readonly verifyPlan: (plan: Plan) => Promise<readonly PromiseResult[]>;

  /** Finishes what an interrupted run left. */
  readonly recover: (options: RecoverOptions, events: OnProgress) => Promise<readonly Recovery[]>;
  readonly apply: (request: HostRequest, events: OnProgress, signal: AbortSignal) => Promise<ApplyResult>;
  /** What a rollback would do; refuses as it would, and only reads. */
  readonly planRollback: (wish: RollbackWish) => Promise<RollbackPlan>;
  readonly rollback: (
    planned: Pick<RollbackPlan, 'request' | 'plan'>,
    events: OnProgress,
    signal: AbortSignal,
  ) => Promise<RolledBack>;
};

export type GuestLog = {
  /** `null` where the journal cannot be asked: below another root, or without it. */
  readonly hooks: readonly {readonly time: string; readonly text: string}[] | null;
  /** `null` where it is not there or may not be read. */
  readonly guest: {readonly path: string; readonly lines: readonly string[]} | null;
};

export type Proposal = {readonly facts: HostFacts; readonly preview: Preview};

export type HostRequest = {
  readonly preview: Pick<Preview, 'plan' | 'changes'>;
  /** What the preview was made from, compared with the host, read again; `null` where it cannot be. */
  readonly facts: HostFacts | null;
  /** The token of a trial boot; `null` for a plan that stays. */
  readonly trial: string | null;
};

export type RollbackWish = {
  /** `null`: the newest applied run. */
  readonly id: string | null;
  readonly keepEdits: boolean;
  /** With the diff of each file that is restored. */
  readonly withDiffs: boolean;
};

/** What becomes of a path: it gets its old state, goes because the run made it, or stays because it is the guest's (a disk). */
export type Fate = 'restore' | 'remove' | 'keep';

export type RollbackPlan = {
  /** `null` when nothing is applied, or only an interrupted run is to be undone. */
  readonly run: HistoryEntry | null;
  readonly plan: Plan | null;
  readonly later: LaterKernels | null;
  /** Why the run is undone without what its plan says of later kernels, and what to do instead; `null` with the plan. */
  readonly leftOut: string | null;
  readonly edits: readonly ShownEdit[];
  /** `diff` is empty for an image, and where none was asked for. */
  readonly undone: readonly {readonly path: string; readonly fate: Fate; readonly diff: string}[];
  readonly request: RollbackRequest;
};

export type RolledBack = RollbackResult & {
  /** Boot entries that were written while the arguments were there and still have them. */
  readonly late: readonly LateEntry[];
};
