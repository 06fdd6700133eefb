import {parseArgs} from 'node:util';
import {UsageError} from '../errors.ts';
import {defaultDemo, demoHosts} from '../system/demo-names.ts';
import {nearestWord} from '../profile/nearest.ts';
import type {OptionSpec, OptionSpecs, Verb} from './declare.ts';
import {commonOptions, overSsh} from './options.ts';
import {verbs, wizardVerb} from './verbs.ts';

/** What a command line asks for. */
export type Request =
  | {readonly kind: 'version'}
  | {readonly kind: 'demo-list'}
  /** `topic`: the words of a command, or nothing. */
  | {readonly kind: 'help'; readonly topic: readonly string[]}
  | {
      readonly kind: 'command';
      readonly verb: Verb;
      readonly positionals: readonly string[];
      /** Options of this verb alone, for its own parser. */
      readonly args: readonly string[];
      readonly common: Common;
    };

export type Common = {
  readonly root: string | null;
  /** Which embedded host; `null` for none. */
  readonly demo: string | null;
  /** `USER@HOST`, of a command that reads another host instead. */
  readonly over: string | null;
  readonly json: boolean;
  readonly noColor: boolean;
  readonly verbose: boolean;
};

type Given = {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly isInline: boolean;
};

const allOptions: OptionSpecs = Object.assign({}, ...[wizardVerb, ...verbs].map(({options}) => options), commonOptions);

const split = (argv: readonly string[]): {readonly words: readonly string[]; readonly given: readonly Given[]} => {
  const {tokens} = parseArgs({
    args: [...argv],
    options: allOptions,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const words: string[] = [];
  const given: Given[] = [];
  for (const [index, token] of tokens.entries()) {
    const last = given.at(-1);
    if (token.kind === 'option')
      given.push({name: token.name, rawName: token.rawName, value: token.value, isInline: token.inlineValue ?? false});
    else if (
      token.kind === 'positional' &&
      last !== undefined &&
      tokens[index - 1]?.kind === 'option' &&
      mayBeFollowedBy(last, token.value)
    )
      given.splice(-1, 1, {...last, value: token.value});
    else if (token.kind === 'positional') words.push(token.value);
  }
  return {words, given};
};

const mayBeFollowedBy = ({name, value}: Given, word: string): boolean => {
  const spec = Object.hasOwn(allOptions, name) ? allOptions[name] : undefined;
  return value === undefined && spec?.type === 'boolean' && spec.follows?.words.includes(word) === true;
};

/** Before anything is known to be right: how an error is to be said. */
export const readManner = (
  argv: readonly string[],
): {readonly json: boolean; readonly verbose: boolean; readonly noPager: boolean} => {
  const {given} = split(argv);
  const has = (name: string): boolean => given.some((one) => one.name === name);
  return {json: has('json'), verbose: has('verbose'), noPager: has('no-pager')};
};

/** Whether a signal, or a reader that goes away, must not end it at once. */
export const isTransactional = (argv: readonly string[]): boolean => {
  const {words, given} = split(argv);
  // They answer in place of the command.
  if (given.some(({name}) => name === 'help' || name === 'version')) return false;
  return (words.length === 0 ? wizardVerb : findVerb(words))?.isTransactional ?? false;
};

/** Throws a UsageError that names the word and, where one is near, the one that was meant. */
export const parse = (argv: readonly string[]): Request => {
  const {words, given} = split(argv);
  const has = (name: string): boolean => given.some((one) => one.name === name);
  if (has('version')) return {kind: 'version'};
  if (words[0] === 'help') return {kind: 'help', topic: words.slice(1)};
  if (has('help')) return {kind: 'help', topic: words};
  const valueOf = (name: string): string | null => given.findLast((one) => one.name === name)?.value ?? null;
  if (valueOf('demo') === 'list') return {kind: 'demo-list'};
  // After `--demo` a word may be meant as its name.
  const others = has('demo') && valueOf('demo') === null ? Object.keys(demoHosts) : [];
  const verb = words.length === 0 ? wizardVerb : chooseVerb(words, others);
  const positionals = words.slice(verb === wizardVerb ? 0 : wordsOf(verb).length);
  for (const one of given) refuseOption(verb, one);
  refuseCount(verb, positionals, others);
  return {
    kind: 'command',
    verb,
    positionals,
    args: given
      .filter(({name}) => Object.hasOwn(verb.options, name))
      .map(({name, value}) => (value === undefined ? `--${name}` : `--${name}=${value}`)),
    common: {
      root: valueOf('root'),
      demo: has('demo') ? (valueOf('demo') ?? defaultDemo) : null,
      over: verb.options['host'] === overSsh ? valueOf('host') : null,
      json: has('json'),
      noColor: has('no-color'),
      verbose: has('verbose'),
    },
  };
};

const wordsOf = ({name}: Verb): readonly string[] => name.split(' ');

/** The verb whose words these begin with. */
export const findVerb = (words: readonly string[]): Verb | undefined =>
  verbs.find((verb) => wordsOf(verb).every((word, index) => words[index] === word));

const chooseVerb = (words: readonly string[], others: readonly string[]): Verb => {
  const verb = findVerb(words);
  if (verb !== undefined) return verb;
  throw unknownVerb(words, others);
};

/** `others`: words that are no commands and may have been meant. */
export const unknownVerb = (words: readonly string[], others: readonly string[] = []): UsageError => {
  const [first = '', second] = words;
  const group = verbs.filter((verb) => wordsOf(verb).length > 1 && wordsOf(verb)[0] === first);
  if (group.length > 0) {
    const names = group.map((verb) => wordsOf(verb)[1] ?? '');
    return new UsageError(
      second === undefined ? `${first} needs to know what to do.` : `There is no command \`${first} ${second}\`.`,
      `${didYouMean(second ?? '', names)}${group.length === 1 ? 'Write' : 'One of'}: ${group.map((verb) => `\`vfio-pilot ${usageOf(verb)}\``).join(', ')}.`,
    );
  }
  const names = [...new Set(verbs.map((verb) => wordsOf(verb)[0] ?? ''))];
  if (others.length > 0)
    return new UsageError(
      `There is neither a command nor a demo host called ${JSON.stringify(first)}.`,
      `${didYouMean(first, [...names, 'help', ...others])}Demo hosts: ${others.join(', ')}; for the commands see \`vfio-pilot --help\`.`,
    );
  return new UsageError(
    `There is no command ${JSON.stringify(first)}.`,
    `${didYouMean(first, [...names, 'help', ...others])}Commands: ${names.join(', ')}; see \`vfio-pilot --help\`.`,
  );
};

/** `plan PROFILE` */
export const usageOf = ({name, positionals}: Verb): string =>
  [
    name,
    ...positionals.map(({name: word, isOptional, isRepeated}) => {
      const whole = isRepeated === true ? `${word}...` : word;
      return isOptional === true ? `[${whole}]` : whole;
    }),
  ].join(' ');

const titleOf = (verb: Verb): string => (verb === wizardVerb ? 'The wizard' : verb.name);
const helpOf = (verb: Verb): string => `\`vfio-pilot ${verb === wizardVerb ? '' : `${verb.name} `}--help\``;

const didYouMean = (word: string, words: readonly string[]): string => {
  const near = word === '' ? null : nearestWord(word, words);
  return near === null ? '' : `Did you mean ${near}? `;
};

const specOf = (verb: Verb, name: string): OptionSpec | undefined => {
  const known: OptionSpecs = {...verb.options, ...commonOptions};
  return Object.hasOwn(known, name) ? known[name] : undefined;
};

const refuseOption = (verb: Verb, {name, rawName, value, isInline}: Given): void => {
  const spec = specOf(verb, name);
  if (spec === undefined) throw foreignOption(verb, name, rawName);
  if (spec.type === 'boolean') {
    if (value !== undefined && spec.follows === undefined)
      throw new UsageError(`${rawName} takes no value.`, `Write ${rawName} alone.`);
    if (value !== undefined) refuseOther(rawName, value, spec.follows?.words);
    return;
  }
  const form = `${rawName} ${spec.value}`;
  if (value === undefined) throw new UsageError(`${rawName} needs a value.`, `Write ${form}; see ${helpOf(verb)}.`);
  if (!isInline && value.startsWith('-') && value.length > 1)
    throw new UsageError(
      `${rawName} needs a value, and ${value} looks like an option.`,
      `Write ${form}, or --${name}=${value} if that is the value.`,
    );
  refuseOther(rawName, value, spec.choices);
};

const refuseOther = (name: string, value: string, choices: readonly string[] | undefined): void => {
  if (choices !== undefined && !choices.includes(value))
    throw new UsageError(
      `${name} ${JSON.stringify(value)} is not known.`,
      `${didYouMean(value, choices)}One of ${choices.join(', ')}.`,
    );
};

/** `rollback --trial --yes` must not go on as if the word had not been there. */
const foreignOption = (verb: Verb, name: string, rawName: string): UsageError => {
  const instead = verb.elsewhere?.[name];
  if (instead !== undefined) return new UsageError(`${titleOf(verb)} does not know ${rawName}.`, instead);
  const users = [wizardVerb, ...verbs].filter(({options}) => Object.hasOwn(options, name));
  const near = didYouMean(name, Object.keys({...verb.options, ...commonOptions})).replace('mean ', 'mean --');
  const others = users.map(titleOf).join(', ').replace('The wizard', 'the wizard');
  return new UsageError(
    users.length === 0
      ? `There is no option ${rawName}.`
      : `${titleOf(verb)} does not know ${rawName}, which is for ${others}.`,
    `${near}See ${helpOf(verb)}.`,
  );
};

/** `plan a.yaml b.yaml` must not look as if both had been planned. */
const refuseCount = (verb: Verb, positionals: readonly string[], demos: readonly string[]): void => {
  const surplus = verb.positionals.at(-1)?.isRepeated === true ? undefined : positionals[verb.positionals.length];
  if (surplus !== undefined)
    throw demos.length === 0
      ? new UsageError(`${titleOf(verb)} takes no argument ${JSON.stringify(surplus)}.`, `See ${helpOf(verb)}.`)
      : new UsageError(
          `${titleOf(verb)} takes no argument ${JSON.stringify(surplus)}, and there is no demo host of that name.`,
          `${didYouMean(surplus, demos)}Demo hosts: ${demos.join(', ')}.`,
        );
  const missing = verb.positionals.slice(positionals.length).find(({isOptional}) => isOptional !== true);
  if (missing !== undefined)
    throw new UsageError(
      `${verb.name} needs a ${missing.name}.`,
      missing.missing ??
        (missing.choices === undefined ? `See ${helpOf(verb)}.` : `One of ${missing.choices.join(', ')}.`),
    );
  for (const [index, {name, choices}] of verb.positionals.entries())
    if (positionals[index] !== undefined) refuseOther(name, positionals[index], choices);
};
