import {argv, type Check, integer, literal, nullable, recordOf, shape, text} from '../decode/decode.ts';

type Argv = readonly [string, ...string[]];

/**
 * What a program answers to one question before a command and after it. The question only reads. The answer shows
 * whether the step is done, is not done, or somebody else has changed the value.
 */
export type AnswerEffect = {
  readonly kind: 'answer';
  readonly ask: Argv;
  /**
   * A question to the same program that always has an answer. With it, `ask` may fail where there is no such thing, which
   * counts as an empty answer; `null`: `ask` itself always answers.
   */
  readonly alive: Argv | null;
  /** Without line breaks at the end. */
  readonly before: string;
  readonly after: string;
  /**
   * Names that are only there once an earlier step is done: `{pusb}` in `ask`, in the command and in its undo stands for
   * what the question of that name answers, which may have names of its own. As long as it has no answer, `ask` has an
   * empty one.
   */
  readonly names: Readonly<Record<string, Argv>>;
  /** How long the answer may take to come true; 0: it is true when the command ends. */
  readonly patienceSeconds: number;
  /** What has to have an empty answer before the undo, with what a person does otherwise; `null`: nothing. */
  readonly idle: {readonly ask: Argv; readonly remedy: string} | null;
};

/** Of a command that needs no name and is done when it ends. */
export const plainAnswer = {names: {}, patienceSeconds: 0, idle: null} as const;

export const answerShape: Check<AnswerEffect> = shape<AnswerEffect>({
  kind: literal('answer'),
  ask: argv,
  alive: nullable(argv),
  before: text,
  after: text,
  names: recordOf(argv),
  patienceSeconds: integer,
  idle: nullable(shape<NonNullable<AnswerEffect['idle']>>({ask: argv, remedy: text})),
});
