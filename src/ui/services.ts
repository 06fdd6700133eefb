import type {Change} from '../changes/change.ts';
import type {Check} from '../checks/check.ts';
import type {Finding} from '../findings.ts';
import type {HostFacts, PciAddress} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {Profile} from '../profile/profile.ts';
import type {CommandStyle} from './told-command.ts';

export type Preview = {readonly plan: Plan | null; readonly findings: readonly Finding[]; readonly changes: readonly Change[]};

export type SavedProfile = {readonly path: string; readonly profile: Profile};

export type ApplyProgress =
  /** What begins now, in words. */
  | {readonly kind: 'step'; readonly title: string}
  /** The last lines of the running command, oldest first. */
  | {readonly kind: 'output'; readonly lastLines: readonly string[]};

/** All that the wizard can do and know; it imports no reader and no writer of its own. */
export type WizardServices = {
  readonly facts: HostFacts;
  readonly checks: readonly Check[];
  readonly savedProfiles: readonly SavedProfile[];
  /** Pure and fast: called as the choice changes. */
  readonly preview: (profile: Profile) => Preview;
  /** The decisions without the files: enough to judge a card, and so much faster that the first screen waits for nothing else. */
  readonly judge: (profile: Profile) => Pick<Preview, 'plan' | 'findings'>;
  /** Defaults for these devices on this host. */
  readonly proposeProfile: (devices: readonly PciAddress[]) => Profile;
  /** Never over a file that is there, unless that holds the same profile already. */
  readonly saveProfile: (profile: Profile, path: string) => {readonly path: string} | {readonly problem: string};
  /** Rejects with a TransactionError; an aborted `signal` means "stop and restore". */
  readonly apply: (
    changes: readonly Change[],
    plan: Plan,
    onProgress: (progress: ApplyProgress) => void,
    signal: AbortSignal,
  ) => Promise<{readonly id: string}>;
  /** The same for one boot, after which the present system comes back unless it is confirmed; `null` on another root. */
  readonly trial: TrialServices | null;
  readonly isDemo: boolean;
  readonly commandStyle: CommandStyle;
  readonly canApply: {readonly ok: true} | {readonly ok: false; readonly reason: string};
  readonly defaultProfilePath: (profile: Profile) => string;
};

export type TrialServices = {
  /** Pure: what a trial would add, or why this host can't have one. */
  readonly preview: (permanent: Preview) => {readonly changes: readonly Change[]} | {readonly reason: string};
  readonly apply: (permanent: Preview, onProgress: (progress: ApplyProgress) => void, signal: AbortSignal) => Promise<{readonly id: string}>;
};

/** What the caller prints and turns into an exit code once the terminal is its own again. */
export type WizardOutcome = {
  /** `left`: the user went away before the end; `interrupted`: Ctrl-C or a signal; `finished`: walked to the end. */
  readonly reason: 'left' | 'interrupted' | 'finished';
  readonly savedPath: string | null;
  readonly appliedId: string | null;
  /** Whether what was applied is a trial boot. */
  readonly isTrial: boolean;
  /** What `apply` rejected with, a TransactionError as a rule. */
  readonly error: unknown;
};
