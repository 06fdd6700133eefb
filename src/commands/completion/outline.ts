import type {Completes, OptionSpecs, Positional, Verb} from '../declare.ts';
import {commonOptions} from '../options.ts';
import {verbs, wizardVerb} from '../verbs.ts';

/** A place on the command line at which the words so far name a command, or the beginning of one. */
export type Place = {
  /** The words that lead here, `profile`, `new`; none at the beginning. */
  readonly path: readonly string[];
  /** What may follow these words and makes a command of them, with what it does; empty behind a whole command. */
  readonly commands: readonly Described[];
  readonly options: readonly Described[];
  /** For each argument, in order: a `Completes`, `words:ONE OTHER`, or nothing that is known. */
  readonly kinds: readonly string[];
  /** How many words name the command, or its beginning and one more. */
  readonly depth: number;
};

export type Described = {readonly word: string; readonly summary: string};

/** What any shell has to know, from the table of commands. */
export const places = (): readonly Place[] => {
  const firsts = firstWords();
  const top = {path: [], commands: firsts, options: optionsOf(wizardVerb.options), kinds: [], depth: 1};
  const help = {path: ['help'], commands: [], options: optionsOf({}), kinds: ['command'], depth: 1};
  const groups = firsts
    .filter(({word}) => verbs.some(({name}) => name.startsWith(`${word} `)))
    .map(({word}) => ({path: [word], commands: secondWords(word), options: optionsOf({}), kinds: [], depth: 2}));
  const whole = verbs.map((verb) => ({
    path: verb.name.split(' '),
    commands: [],
    options: optionsOf(verb.options),
    kinds: verb.positionals.flatMap((one) =>
      Array.from({length: one.isRepeated === true ? often : 1}, () => kindOf(one)),
    ),
    depth: verb.name.split(' ').length,
  }));
  return [top, ...groups, ...whole, help];
};

/** So many of a repeated argument are completed; nobody types more of them. */
const often = 8;

/** `--root` → `directory`, for each option that has a value; an option of one name is the same everywhere. */
export const valueKinds = (): ReadonlyMap<string, string> =>
  new Map(
    [wizardVerb, ...verbs].flatMap(({options}: Pick<Verb, 'options'>) =>
      Object.entries({...options, ...commonOptions} satisfies OptionSpecs).flatMap(([name, spec]) =>
        spec.type === 'string' ? [[`--${name}`, kindOf(spec)] as const] : [],
      ),
    ),
  );

/** `--demo` → the words that may follow it, for each option of that sort. */
export const followers = (): ReadonlyMap<string, readonly string[]> =>
  new Map(
    Object.entries(commonOptions satisfies OptionSpecs as OptionSpecs).flatMap(([name, spec]) =>
      spec.type === 'boolean' && spec.follows !== undefined ? [[`--${name}`, spec.follows.words] as const] : [],
    ),
  );

/** `none`: a value that no shell can know. */
const kindOf = ({
  choices,
  completes,
}: Pick<Positional, 'choices' | 'completes'>): Completes | 'none' | `words:${string}` =>
  choices === undefined ? (completes ?? 'none') : `words:${choices.join(' ')}`;

const optionsOf = (options: OptionSpecs): readonly Described[] =>
  Object.entries({...options, ...commonOptions}).map(([name, {summary}]) => ({word: `--${name}`, summary}));

const firstWords = (): readonly Described[] => {
  const found = new Map<string, string>();
  for (const {name, summary} of verbs) {
    const [first = '', second] = name.split(' ');
    if (second === undefined) found.set(first, summary);
    else found.set(first, found.has(first) ? `${found.get(first)}, ${second}` : second);
  }
  found.set('help', 'options and examples of a command');
  return [...found].map(([word, summary]) => ({word, summary}));
};

const secondWords = (first: string): readonly Described[] =>
  verbs.flatMap(({name, summary}) =>
    name.startsWith(`${first} `) ? [{word: name.slice(first.length + 1), summary}] : [],
  );
