import type {Line} from '../../words/lines.ts';
import type {Key} from '../read-keys.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {Profile} from '../../profile/profile.ts';
import type {ApplyProgress, KeptDraft, Preview, RollbackView, RolledBackView, WizardOutcome} from '../services.ts';
import type {FoundImage} from '../../host/images/find-images.ts';
import type {FolderEntry, Looked} from '../../system/user-folder.ts';
import type {Draft} from './draft.ts';
import type {PathKind} from './path-text.ts';
import type {TextEdit} from './text-edit.ts';

export type StepId =
  | 'home'
  | 'undo'
  | 'todo'
  | 'map'
  | 'checks'
  | 'device'
  | 'lend'
  | 'risks'
  | 'cpu'
  /** The map, on which cores are picked. */
  | 'cores'
  | 'memory'
  | 'guest'
  | 'review'
  | 'save'
  | 'apply'
  | 'next';

export type Size = {readonly columns: number; readonly rows: number};

/** Where the user is, and all that was chosen on any step; going back forgets nothing. */
export type WizardState = {
  readonly step: StepId;
  /** `full`: the pane alone, on all of the screen. */
  readonly overlay: 'none' | 'help' | 'leave' | 'full';
  readonly size: Size;
  readonly draft: Draft;
  /** Decisions of the draft, made anew with each change of it; its files only where `isPreviewWhole`. */
  readonly preview: Preview;
  /** Files are rendered when the review or the last question is entered, not at each key. */
  readonly isPreviewWhole: boolean;
  /** Row that has the focus, by step. */
  readonly focus: Readonly<Partial<Record<StepId, number>>>;
  /** First row of the pane that is shown, by step. */
  readonly scroll: Readonly<Partial<Record<StepId | 'help', number>>>;
  /** What `/` looks for in the pane (empty: nothing), and the row that was found last. */
  readonly search: {readonly text: string; readonly isTyping: boolean; readonly row: number | null};
  readonly devices: DeviceState;
  /** Where the summary was opened. */
  readonly mapFrom: StepId;
  /** Where Enter and Esc go on a step that was jumped to; `null`: along the way. */
  readonly returnTo: StepId | null;
  /** What is typed into the focused field. A number counts when Enter is pressed or the focus moves. */
  readonly typed: TextEdit | null;
  /** While cores are picked: the first CPU of the one under the cursor, and the choices that Esc goes back to. */
  readonly cores: {readonly cursor: number; readonly before: Draft} | null;
  /** Disk and ISO images on this host; `null`: not looked for yet. */
  readonly images: readonly FoundImage[] | null;
  /** A question about a path on its way to the machine; keys wait for the answer. */
  readonly lookup: Lookup | null;
  /** What Tab found last, and the text that it is about. */
  readonly completion: {readonly text: string; readonly choices: readonly string[]} | null;
  /** One sentence above the keys: why the last key did nothing. */
  readonly notice: string | null;
  readonly resume: {
    /** Of the start before; `null` once it is discarded. */
    readonly offer: Offer | null;
    readonly isContinued: boolean;
    readonly isDiscarding: boolean;
  };
  /** A diff on its way to a file or to the clipboard. */
  readonly exporting: Export | null;
  readonly save: SaveState;
  readonly apply: ApplyState;
  /** Of the transaction that runs, or ran last. */
  readonly elapsedSeconds: number;
  readonly verify: VerifyState;
  readonly undo: UndoState;
  readonly todo: TodoState;
  /** What was done before the start screen was shown again; `null` at first. */
  readonly earlier: WizardOutcome | null;
  /** Set once: the wizard ends. */
  readonly outcome: WizardOutcome | null;
};

/** Choices that the start before left; with a problem they can only be discarded. */
export type Offer = {readonly draft: KeptDraft | null; readonly problem: string | null};

/** `here`: the machine in front of the person; `host`: the one that is set up. `field`: its id. */
export type Lookup =
  | {readonly kind: 'complete'; readonly field: string; readonly text: string; readonly place: 'host' | 'here'}
  | {
      readonly kind: 'check';
      readonly field: string;
      readonly text: string;
      readonly wanted: Exclude<PathKind, 'profile'>;
      /** What the key that ended the typing asked for. */
      readonly after: {readonly kind: 'go-on'} | {readonly kind: 'move'; readonly move: Move};
    };

/** Over the rows of a list. */
export type Move = 1 | -1 | 'first' | 'last' | {readonly to: number};

export type Export = {readonly to: 'file' | 'clipboard'; readonly name: string; readonly text: string};

export type DeviceState = {
  readonly showsOthers: boolean;
  readonly filter: string;
  readonly isFiltering: boolean;
  /** Added with Space to the card that Enter chooses. */
  readonly extras: readonly string[];
  /** Candidate whose refusal was shown; Enter once more goes on all the same. */
  readonly refused: string | null;
};

type SaveState =
  | {readonly phase: 'idle'}
  | {readonly phase: 'saving'; readonly path: string}
  | {readonly phase: 'saved'; readonly path: string; readonly profile: Profile}
  | {readonly phase: 'failed'; readonly path: string; readonly problem: string};

type ApplyState =
  | {readonly phase: 'typing'; readonly word: string}
  | ({readonly phase: 'running' | 'restoring'; readonly isTrial: boolean} & Progress)
  | {readonly phase: 'failed'; readonly error: ApplyProblem; readonly cause: unknown}
  | {readonly phase: 'done'; readonly id: string; readonly isTrial: boolean; readonly needsReboot: boolean};

/** Of the applied run; begun by the start screen. */
export type VerifyState =
  | {readonly phase: 'idle'}
  | {readonly phase: 'running'}
  | {readonly phase: 'done'; readonly results: readonly PromiseResult[]}
  | {readonly phase: 'failed'; readonly error: ApplyProblem};

/** What is to be done by hand: ids of what is done. */
export type TodoState = {
  readonly phase: 'idle' | 'saving';
  readonly done: readonly string[];
  /** Where the list was saved. */
  readonly path: string | null;
};

export type UndoState =
  | {readonly phase: 'idle'}
  | {readonly phase: 'planning'}
  | {readonly phase: 'refused'; readonly error: ApplyProblem}
  | {readonly phase: 'typing'; readonly view: RollbackView; readonly word: string}
  | ({readonly phase: 'running' | 'stopping'; readonly view: RollbackView} & Progress)
  | {readonly phase: 'failed'; readonly error: ApplyProblem; readonly cause: unknown}
  | {readonly phase: 'done'; readonly result: RolledBackView};

export type Progress = {
  readonly finished: readonly string[];
  /** What is being done now. */
  readonly title: string | null;
  readonly lastLines: readonly string[];
};

export type ApplyProblem = {
  readonly message: string;
  readonly step: string | null;
  /** `null`: not known, and never shown as restored. */
  readonly isRestored: boolean | null;
  readonly nextStep: string | null;
};

/** The screen that the user saw when keys were pressed. */
export type Shown = {
  /** Of `viewOf`; keys meant for another screen are ignored. */
  readonly view: string;
  /** All rows of the scrolled part, and how many fit. */
  readonly pane: {readonly lines: readonly Line[]; readonly height: number};
};

export type Action =
  | {readonly type: 'pressed'; readonly keys: readonly Key[]; readonly shown: Shown}
  | {readonly type: 'resized'; readonly size: Size}
  | {readonly type: 'interrupted'}
  | {readonly type: 'profile-saved'; readonly path: string}
  | {readonly type: 'save-failed'; readonly path: string; readonly problem: string}
  | {readonly type: 'apply-progressed'; readonly progress: ApplyProgress}
  | {readonly type: 'apply-succeeded'; readonly id: string}
  | {readonly type: 'apply-failed'; readonly error: ApplyProblem; readonly cause: unknown}
  | {readonly type: 'ticked'; readonly seconds: number}
  | {readonly type: 'exported'; readonly notice: string}
  | {readonly type: 'draft-discarded'; readonly problem: string | null}
  | {readonly type: 'todo-saved'; readonly path: string}
  | {readonly type: 'todo-failed'; readonly problem: string}
  | {readonly type: 'images-found'; readonly images: readonly FoundImage[]}
  | {readonly type: 'folder-listed'; readonly entries: readonly FolderEntry[] | null}
  | {readonly type: 'path-looked-at'; readonly looked: Looked}
  | {readonly type: 'verified'; readonly results: readonly PromiseResult[]}
  | {readonly type: 'verify-failed'; readonly error: ApplyProblem}
  | {readonly type: 'rollback-planned'; readonly view: RollbackView}
  | {readonly type: 'rollback-refused'; readonly error: ApplyProblem}
  | {readonly type: 'rollback-progressed'; readonly progress: ApplyProgress}
  | {readonly type: 'rolled-back'; readonly result: RolledBackView}
  | {readonly type: 'rollback-failed'; readonly error: ApplyProblem; readonly cause: unknown};

/** Changes when what the user sees is another screen. */
export const viewOf = ({overlay, step, apply, undo}: WizardState): string => {
  if (overlay !== 'none') return overlay;
  return step === 'apply' ? `apply ${apply.phase}` : step === 'undo' ? `undo ${undo.phase}` : step;
};

/** Nobody may stop a transaction half way and leave its lock and its commands behind. */
export const isBusy = ({apply, undo}: WizardState): boolean =>
  ['running', 'restoring'].includes(apply.phase) || ['running', 'stopping'].includes(undo.phase);

export const smallest: Size = {columns: 60, rows: 16};
export const isTooSmall = ({columns, rows}: Size): boolean => columns < smallest.columns || rows < smallest.rows;
