export type TransactionStep = 'check' | 'lock' | 'journal' | 'stage' | 'recheck' | 'backup' | 'install' | 'verify' | 'run' | 'finish' | 'restore';

/** What a person may want to see while it happens; `message` texts are complete sentences. */
export type ProgressEvent =
  | {readonly kind: 'step'; readonly step: TransactionStep}
  | {readonly kind: 'file'; readonly path: string; readonly did: 'staged' | 'backed-up' | 'installed' | 'restored' | 'left-alone'}
  | {readonly kind: 'command'; readonly argv: readonly string[]; readonly state: 'started' | 'ended' | 'not-run'; readonly detail: string | null}
  /** The last lines of the running command, oldest first; each event replaces the one before. */
  | {readonly kind: 'output'; readonly argv: readonly string[]; readonly lines: readonly string[]}
  | {readonly kind: 'warning'; readonly message: string};

export type OnProgress = (event: ProgressEvent) => void;
