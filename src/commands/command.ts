import type {Check} from '../decode/decode.ts';
import type {Host} from '../hosts/host.ts';
import type {ProgressEvent} from '../transaction/transaction.ts';

export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  blocked: 3,
  restored: 4,
  notRestored: 5,
  nothingApplied: 6,
  changes: 10,
  locked: 75,
  noRights: 77,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** How text for a person is to look here. */
export type Style = {
  readonly hasColor: boolean;
  readonly columns: number;
  /** How the program was started: `npx vfio-pilot`. */
  readonly program: string;
  /** `verify` as this person has to type it: `npx vfio-pilot verify`. */
  readonly typed: (command: string) => string;
  /** A hint that names commands, with the name by which the program was started. */
  readonly hint: (text: string) => string;
};

/** What every command gets, whatever its options. */
export type BaseContext = {
  readonly positionals: readonly string[];
  /** One JSON document on stdout and nothing more. */
  readonly json: boolean;
  /** `--no-color` was given. */
  readonly isPlain: boolean;
  /** The embedded host of which the host is a scratch copy; `null` where it is none. */
  readonly demo: string | null;
  /** `USER@HOST` where the host is a copy of another one, read over ssh for this command alone; `null` where it is none. */
  readonly over: string | null;
  readonly version: string;
  readonly style: Style;
  /** The host that was asked for; opened at the first call. */
  readonly host: () => Promise<Host>;
  /** For stdout, before a question is asked; nothing where a JSON document is wanted. */
  readonly show: (text: string) => void;
  /** For stderr. */
  readonly note: (text: string) => void;
  readonly onProgress: (event: ProgressEvent) => void;
  /** A word to type. Throws a UsageError where there is no terminal to ask on. */
  readonly confirm: (word: string) => Promise<boolean>;
  /** Aborted by SIGINT, SIGTERM, SIGHUP or SIGQUIT. */
  readonly signal: AbortSignal;
};

export type Context<Options> = BaseContext & {readonly options: Options};

/** One verb: `run` does it and gives back data; the rest says what the data means. */
export type Command<Options, Result, Document> = {
  readonly run: (context: Context<Options>) => Promise<Result>;
  readonly exitCode: (result: Result) => ExitCode;
  /** What `--json` prints. */
  readonly document: (result: Result) => Document;
  /** The document for other programs: `vfio-pilot schema NAME` prints it. */
  readonly shape: Check<Document>;
  /** The document is large: without line breaks. */
  readonly isCompact?: boolean;
  /** For a person, on stdout. */
  readonly describe: (result: Result, style: Style) => string;
  /** For a person, on stderr: what is next to the result. */
  readonly remark?: (result: Result, style: Style) => string;
  /** What the run failed with although it has a result; reported after that. */
  readonly failure?: (result: Result) => unknown;
};

export type Presented = {
  readonly exitCode: ExitCode;
  /** In parts where it is large. */
  readonly out: string | Iterable<string>;
  readonly remarks: string;
  /** An error to be reported after these; `null` when there is none. */
  readonly failure: unknown;
};

/** The only way from a result to what is printed. */
export const present = <Options, Result, Document>(
  {
    exitCode,
    document,
    isCompact = false,
    describe,
    remark = () => '',
    failure = () => null,
  }: Command<Options, Result, Document>,
  result: Result,
  {json, style}: Pick<BaseContext, 'json' | 'style'>,
): Presented => ({
  exitCode: exitCode(result),
  out: json ? (isCompact ? compactParts(document(result)) : renderDocument(document(result))) : describe(result, style),
  remarks: json ? '' : remark(result, style),
  failure: failure(result) ?? null,
});

/** A document of several MiB is never in memory as one text, and in most of its parts a character takes one byte. */
const compactParts = function* (document: unknown): Generator<string> {
  let separator = '{';
  for (const [key, value] of Object.entries(document as object)) {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    yield text;
    separator = ',';
  }
  yield separator === '{' ? '{}\n' : '}\n';
};

export const renderDocument = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;
