import {quoteForShell} from '../../words/quote-for-shell.ts';

/** `case $1 in 1) … ;; esac` as the body of a function; a number that is not there fails. */
export const caseFunction = (
  name: string,
  branches: readonly {readonly number: number; readonly lines: readonly string[]}[],
): readonly string[] => [
  `${name}() {`,
  '  case $1 in',
  ...branches.flatMap(({number, lines}) => [`  ${number})`, ...lines, '    ;;']),
  '  *) return 1 ;;',
  '  esac',
  '}',
  '',
];

/** A command that prints exactly these bytes. Nothing of them is expanded, and what a terminal or an editor could change is in base64. */
export const printBytes = (text: string, encoding: 'utf8' | 'latin1', end: string): readonly string[] =>
  /^(?:[\x20-\x7e\t]*\n)+$/.test(text) && !text.split('\n').includes(end)
    ? [`    cat <<'${end}'`, ...text.slice(0, -1).split('\n'), end]
    : [`    base64 -d <<'${end}'`, ...base64Lines(Buffer.from(text, encoding)), end];

const base64Lines = (bytes: Buffer): readonly string[] => bytes.toString('base64').match(/.{1,76}/g) ?? [''];

/** A command line; a name in `variables` in braces in a word (`{output}`) is the value of that shell variable. */
export const commandLine = (argv: readonly string[], variables: Readonly<Record<string, string>> = {}): string =>
  argv
    .map((word) =>
      word
        .split(/(\{\w+\})/)
        .map((part) => {
          const variable = variables[part.slice(1, -1)];
          return part.startsWith('{') && variable !== undefined
            ? `"${variable}"`
            : part === ''
              ? ''
              : quoteForShell(part);
        })
        .join(''),
    )
    .map((word) => (word === '' ? "''" : word))
    .join(' ');

/** The variable of the script that holds the path of what a program makes. */
export const output = {output: '$output'};
