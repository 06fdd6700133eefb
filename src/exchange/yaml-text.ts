import {stringify} from 'yaml';
import {oneLine} from '../artifacts/rendered.ts';
import {UsageError} from '../errors.ts';
import {wrapPlain} from '../words/wrap-plain.ts';

/** Every text is in quotes: a reader of YAML 1.1 takes `8086:1521` for a number and `no` for a truth value. */
export const yamlLines = (value: unknown): readonly string[] =>
  stringify(value, {defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0}).trimEnd().split('\n');

/** Sentences as a comment, each with the indent of a list. */
export const commentList = (sentences: readonly string[]): readonly string[] =>
  sentences.flatMap((sentence) =>
    wrapPlain(oneLine(sentence), 112).map((line, index) => `# ${index === 0 ? '- ' : '  '}${line}`),
  );

/** First lines of an export: what it is, how it is used, and what it leaves out. */
export const exportHeader = (
  profile: string,
  use: readonly string[],
  leftOut: readonly string[],
): readonly string[] => [
  `# Made by vfio-pilot from the profile ${oneLine(profile)}, for one host. Read it before you use it.`,
  ...use.map((line) => `# ${line}`),
  "# What it can't express:",
  ...commentList(leftOut),
];

/** As the name of an object or a label's value in Kubernetes (RFC 1123 label). Throws a UsageError for any other. */
export const kubernetesName = (text: string, key: string): string => {
  if (text.length <= 40 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(
    `Kubernetes takes no such name: ${JSON.stringify(text)}.`,
    `Set ${key} to at most 40 lower-case letters, digits and hyphens.`,
  );
};
