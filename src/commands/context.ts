import type {Options} from './options.ts';

/** What a verb gets. stdout carries the result, stderr everything else. */
export type CommandContext = {
  readonly options: Options;
  readonly version: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly hasColor: boolean;
  readonly columns: number;
  /** Aborted by SIGINT, SIGTERM, SIGHUP or SIGQUIT. */
  readonly signal: AbortSignal;
};

export type Command = (context: CommandContext) => Promise<number>;

export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  blocked: 3,
  restored: 4,
  notRestored: 5,
  changes: 10,
  locked: 75,
  interrupted: 130,
} as const;
