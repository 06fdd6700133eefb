import {argv, type Check, literal, nullable, shape, text} from '../decode/decode.ts';

/**
 * What a program answers to one question before a command and after it. The question only reads. The answer shows
 * whether the step is done, is not done, or somebody else has changed the value.
 */
export type AnswerEffect = {
  readonly kind: 'answer';
  readonly ask: readonly [string, ...string[]];
  /**
   * A question to the same program that always has an answer. With it, `ask` may fail where there is no such thing, which
   * counts as an empty answer; `null`: `ask` itself always answers.
   */
  readonly alive: readonly [string, ...string[]] | null;
  /** Without line breaks at the end. */
  readonly before: string;
  readonly after: string;
};

export const answerShape: Check<AnswerEffect> = shape<AnswerEffect>({
  kind: literal('answer'),
  ask: argv,
  alive: nullable(argv),
  before: text,
  after: text,
});
