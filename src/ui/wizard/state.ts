import type {PciAddress} from '../../host/facts.ts';
import type {ApplyProgress, Preview, WizardOutcome} from '../services.ts';
import type {Key} from '../split-keys.ts';
import type {Draft} from './draft.ts';
import type {StepId} from './steps.ts';

export type Size = {readonly columns: number; readonly rows: number};

/** Where the user is, and all that was chosen on any step; going back forgets nothing. */
export type WizardState = {
  readonly step: StepId;
  readonly overlay: 'none' | 'help' | 'leave';
  readonly size: Size;
  readonly draft: Draft;
  /** Of the draft; made anew with each change of it. */
  readonly preview: Preview;
  /** False until the first key: the first screen shows no file, so none is made for it. */
  readonly isPreviewWhole: boolean;
  /** Row that has the focus, by step. */
  readonly focus: Readonly<Partial<Record<StepId, number>>>;
  /** First row of the pane that is shown, by step. */
  readonly scroll: Readonly<Partial<Record<StepId | 'help', number>>>;
  readonly devices: DeviceState;
  /** Digits typed into the focused number, until another key is pressed. */
  readonly digits: string;
  /** One sentence above the keys: why the last key did nothing. */
  readonly notice: string | null;
  readonly save: SaveState;
  readonly apply: ApplyState;
  /** Set once: the wizard ends. */
  readonly outcome: WizardOutcome | null;
};

export type DeviceState = {
  readonly showsOthers: boolean;
  readonly filter: string;
  readonly isFiltering: boolean;
  /** Added with Space, beside the card that Enter chooses. */
  readonly extras: readonly PciAddress[];
  /** Candidate whose refusal was shown; Enter once more goes on all the same. */
  readonly refused: PciAddress | null;
};

type SaveState =
  | {readonly phase: 'idle'}
  | {readonly phase: 'saving'; readonly path: string}
  | {readonly phase: 'saved'; readonly path: string}
  | {readonly phase: 'failed'; readonly path: string; readonly problem: string};

type ApplyState =
  | {readonly phase: 'typing'; readonly word: string}
  | ({readonly phase: 'running' | 'restoring'; readonly isTrial: boolean} & Progress)
  | {readonly phase: 'failed'; readonly error: ApplyProblem; readonly cause: unknown}
  | {readonly phase: 'done'; readonly id: string; readonly isTrial: boolean};

export type Progress = {
  readonly finished: readonly string[];
  /** What is being done now. */
  readonly title: string | null;
  readonly lastLines: readonly string[];
};

export type ApplyProblem = {readonly message: string; readonly step: string | null; readonly isRestored: boolean | null; readonly nextStep: string | null};

export type Action =
  /** `view`: the screen that the user saw when the keys were pressed; keys meant for another screen are ignored. */
  | {readonly type: 'pressed'; readonly keys: readonly Key[]; readonly view: string}
  | {readonly type: 'resized'; readonly size: Size}
  | {readonly type: 'interrupted'}
  | {readonly type: 'profile-saved'; readonly path: string}
  | {readonly type: 'save-failed'; readonly path: string; readonly problem: string}
  | {readonly type: 'apply-progressed'; readonly progress: ApplyProgress}
  | {readonly type: 'apply-succeeded'; readonly id: string}
  | {readonly type: 'apply-failed'; readonly error: ApplyProblem; readonly cause: unknown};

/** Changes when what the user sees is another screen. */
export const viewOf = (state: WizardState): string =>
  state.overlay !== 'none' ? state.overlay : state.step === 'apply' ? `apply ${state.apply.phase}` : state.step;

export const smallest: Size = {columns: 80, rows: 24};
export const isTooSmall = ({columns, rows}: Size): boolean => columns < smallest.columns || rows < smallest.rows;
