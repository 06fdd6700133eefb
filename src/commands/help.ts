import {wrapPlain} from '../words/wrap-plain.ts';
import type {OptionSpec, OptionSpecs, Verb} from './declare.ts';
import {exitCodeMeanings} from './exit-code-meanings.ts';
import {findVerb, unknownVerb, usageOf} from './parse.ts';
import {commonOptions} from './options.ts';
import {verbs, wizardVerb} from './verbs.ts';

const width = 120;

/** Two columns; the second wraps. */
const rows = (of: readonly (readonly [string, string])[], column: number): string =>
  of
    .map(([left, right]) => {
      const lines = wrapPlain(right, width - column - 2);
      const [first, rest] =
        left.length < column ? [left.padEnd(column), lines] : [`${left}\n  ${' '.repeat(column)}`, lines];
      return `  ${first}${rest.join(`\n  ${' '.repeat(column)}`)}\n`;
    })
    .join('');

const valueText = (spec: OptionSpec): string =>
  spec.type === 'string' ? ` ${spec.value}` : spec.follows === undefined ? '' : ` [${spec.follows.name}]`;

const optionRows = (options: OptionSpecs): readonly (readonly [string, string])[] =>
  Object.entries(options).map(([name, spec]) => [
    `${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${valueText(spec)}`,
    spec.summary,
  ]);

const programHelp =
  (): string => `vfio-pilot: give a graphics card to a virtual machine, see every byte before, take it all back

Usage
${rows(
  [
    ['vfio-pilot', wizardVerb.summary],
    ['vfio-pilot --demo [NAME]', 'the wizard on an embedded host; writes to a scratch copy only'],
    ['vfio-pilot help COMMAND', 'options and examples of a command'],
  ],
  40,
)}
Commands
${rows(
  verbs.map((verb) => [`vfio-pilot ${usageOf(verb)}`, verb.summary]),
  40,
)}
Options of every command
${rows(optionRows(commonOptions), 20)}
Exit codes
${rows(exitCodeMeanings, 6)}`;

const verbHelp = (
  verb: Verb,
): string => `vfio-pilot ${usageOf(verb)}${Object.keys(verb.options).length === 0 ? '' : ' [OPTIONS]'}
  ${verb.summary}
${Object.keys(verb.options).length === 0 ? '' : `\nOptions\n${rows(optionRows(verb.options), 24)}`}
Examples
${rows(
  verb.examples.map(([command, purpose]) => [`vfio-pilot ${command}`, purpose]),
  40,
)}
Options of every command
${rows(optionRows(commonOptions), 24)}`;

/** `topic`: the words of a command. Throws a UsageError for one that there is not. */
export const helpText = (topic: readonly string[] = []): string => {
  if (topic.length === 0) return programHelp();
  const verb = findVerb(topic);
  if (verb !== undefined) return verbHelp(verb);
  const group = verbs.filter(({name}) => name.startsWith(`${topic[0]} `));
  if (group.length === 0 || topic.length > 1) throw unknownVerb(topic);
  return group.map(verbHelp).join('\n');
};
