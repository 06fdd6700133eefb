import bashEngine from './complete.bash';
import fishEngine from './complete.fish';
import zshEngine from './complete.zsh';
import {type Described, followers, type Place, places, valueKinds} from './outline.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A script that the shell reads once: a table of the commands, and an engine that is the same for all tables. */
export const renderScript = (shell: Shell): string =>
  ({
    bash: () =>
      `# bash completion for vfio-pilot\n\n${renderCases({
        print: 'printf %s',
        list: (of) => `(${of.map(({word}) => quote(word)).join(' ')})`,
      })}\n${bashEngine}`,
    zsh: () =>
      `#compdef vfio-pilot\n\n${renderCases({
        print: 'print -rn --',
        // As `_describe` wants them: the word ends at the first colon.
        list: (of) => `(${of.map(({word, summary}) => `\n        ${quote(`${word}:${summary}`)}`).join('')}\n      )`,
      })}\n${zshEngine}`,
    fish: () => `# fish completion for vfio-pilot\n\n${renderSwitches()}\n${fishEngine}`,
  })[shell]();

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

type Dialect = {readonly print: string; readonly list: (of: readonly Described[]) => string};

/** bash and zsh: functions that set `commands`, `options`, `kinds` and `depth` of whoever calls them. */
const renderCases = ({print, list}: Dialect): string => {
  const renderPlace = ({path, commands, options, kinds, depth}: Place): string => `    ${quote(path.join(' '))})
      commands=${list(commands)}
      options=${list(options)}
      kinds=(${kinds.map(quote).join(' ')})
      depth=${depth}
      ;;
`;
  return `# Of what kind the value of an option is; nothing for an option without a value.
_vfio_pilot_kind() {
  case $1 in
${[...valueKinds()].map(([option, kind]) => `    ${option}) ${print} ${quote(kind)} ;;\n`).join('')}  esac
}

# Words one of which may follow an option, and is no argument then.
_vfio_pilot_follows() {
  case $1 in
${[...followers()].map(([option, words]) => `    ${option}) ${print} ${quote(words.join(' '))} ;;\n`).join('')}  esac
}

# What may follow these words.
_vfio_pilot_outline() {
  case "\${1-} \${2-}" in
${placesOf(2).map(renderPlace).join('')}    *) _vfio_pilot_first "\${1-}" ;;
  esac
}

_vfio_pilot_first() {
  depth=1
  case $1 in
${[...placesOf(0), ...placesOf(1)].map(renderPlace).join('')}  esac
}
`;
};

const placesOf = (words: number): readonly Place[] => places().filter(({path}) => path.length === words);

const quoteForFish = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;

/** fish: functions that print lines of a word and what it does, with a tabulator between them. */
const renderSwitches = (): string => {
  const lines = (of: readonly Described[]): string =>
    of.map(({word, summary}) => `            echo ${quoteForFish(word)}\\t${quoteForFish(summary)}\n`).join('');
  const sorted = [...placesOf(2), ...placesOf(1), ...placesOf(0)];
  const key = ({path}: Place): string => quoteForFish(path.length === 2 ? path.join(' ') : `${path.join('')} *`);
  const next = ({commands, kinds, depth}: Place): string =>
    lines(commands) +
    kinds
      .map(
        (kind, index) =>
          `            test (count $argv) -eq ${depth + index}; and echo ${quoteForFish(`kind ${kind}`)}\n`,
      )
      .join('');
  return `# Of what kind the value of an option is; nothing for an option without a value.
function __vfio_pilot_kind
    switch $argv[1]
${[...valueKinds()].map(([option, kind]) => `        case ${option}\n            echo ${quoteForFish(kind)}\n`).join('')}    end
end

# Words one of which may follow an option, and is no argument then.
function __vfio_pilot_follows
    switch $argv[1]
${[...followers()].map(([option, words]) => `        case ${option}\n${words.map((word) => `            echo ${quoteForFish(word)}\n`).join('')}`).join('')}    end
end

# What may follow these words: commands, or \`kind\` and what is known of the argument.
function __vfio_pilot_outline
    switch "$argv[1] $argv[2]"
${sorted.map((place) => `        case ${key(place)}\n${next(place)}`).join('')}    end
end

function __vfio_pilot_options
    switch "$argv[1] $argv[2]"
${sorted.map((place) => `        case ${key(place)}\n${lines(place.options)}`).join('')}    end
end
`;
};
