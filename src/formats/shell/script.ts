/** What stands for an expansion in decoded text: a shell variable can't hold NUL. */
export const unknownText = '\0';

export type Expansion = {
  readonly start: number;
  /** As it is written, `${NAME}` or `$(command)`. */
  readonly source: string;
  /** Of `$NAME` and `${NAME}`; `null` for anything more. */
  readonly name: string | null;
  readonly isCommand: boolean;
};

/**
 * A shell word, decoded, with the way back: character `i` of `text` is written at `starts[i]` to `ends[i]` of the
 * source. What lies between (quotes, continuations) belongs to no character and survives every edit.
 */
export type Word = {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Characters of `text` at its beginning that are neither quoted nor escaped. */
  readonly bareLength: number;
  readonly quotes: readonly Quote[];
  /** By index in `text`. */
  readonly expansions: ReadonlyMap<number, Expansion>;
  /** `$'…'` or `$"…"`: sh and bash read them differently. */
  readonly hasDollarQuote: boolean;
};

/** Offsets of the two quote characters. */
export type Quote = {readonly open: number; readonly close: number};

export type Assignment = {
  readonly name: string;
  readonly operator: '=' | '+=';
  readonly start: number;
  readonly value: Word;
  /** Inside `if`, a loop, a function, braces, a subshell, a pipeline, or a list with `&&` or `||`. */
  readonly isConditional: boolean;
  /** Words of the command that it is a temporary setting for; empty for a plain assignment. */
  readonly command: readonly Word[];
  readonly hasRedirection: boolean;
  /** `export NAME=value`: an argument, so unquoted text is split and globbed there. */
  readonly isArgument: boolean;
};

/** `NAME=(a b c)` of bash, over as many lines as it likes. */
export type ArrayAssignment = {
  readonly name: string;
  readonly operator: '=' | '+=';
  readonly start: number;
  readonly words: readonly Word[];
  readonly isConditional: boolean;
};

export type ShellCommand = {
  readonly start: number;
  readonly words: readonly Word[];
  readonly isSubshell: boolean;
};

export type ShellScript = {
  readonly text: string;
  readonly assignments: readonly Assignment[];
  readonly commands: readonly ShellCommand[];
  /** Always empty in sh, which knows none. */
  readonly arrays: readonly ArrayAssignment[];
  /** Every expansion of the file, the ones inside a command substitution only as part of its source. */
  readonly expansions: readonly Expansion[];
};

/** The text is not shell, or shell that this reader does not understand well enough to edit. Caught at the border. */
export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
