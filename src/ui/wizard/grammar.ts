import {Scalar} from 'yaml';
import type {Codec} from '../../profile/codec.ts';

/** Why a text is no such value of a profile, and what to type instead; `null` when it is one. The same grammar reads the file. */
export const refuseBy = (codec: Codec<string>) => (text: string): string | null => {
  const reasons: string[] = [];
  if (text === '') return `Type a ${codec.type}.`;
  codec.decode(new Scalar(text), '', {report: ({message, remedy}) => reasons.push(`${message} ${remedy}`), locate: () => undefined});
  return reasons[0] ?? null;
};

/** As `refuseBy`, where nothing and certain words mean something too. */
export const refuseUnless = (words: readonly string[], codec: Codec<string>): ((text: string) => string | null) => {
  const refuse = refuseBy(codec);
  return (text) => (words.includes(text) ? null : refuse(text));
};
