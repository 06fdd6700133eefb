import {type AnswerEffect, answerShape} from '../../artifacts/answer.ts';
import type {CommandArtifact} from '../../artifacts/artifact.ts';
import {decode} from '../../decode/decode.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {commandLine} from './shell.ts';
import type {ScriptCommand} from './steps.ts';

/** What a program is asked around a command, or `null`. */
export const answerOf = ({effect}: CommandArtifact): AnswerEffect | null => {
  const answer = effect === undefined ? null : decode(answerShape, effect);
  return answer?.isValid === true ? answer.value : null;
};

/** The values of names are in variables of the script. */
export const variablesOf = (command: CommandArtifact): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(answerOf(command)?.names ?? {}).map((name) => [name, `$found_${name}`]));

/** Those that a command line needs, each after the ones that its own question needs. */
const namesIn = (names: AnswerEffect['names'], argv: readonly string[]): readonly string[] => [
  ...new Set(
    Object.entries(names).flatMap(([name, ask]) =>
      argv.some((word) => word.includes(`{${name}}`)) ? [...namesIn(names, ask), name] : [],
    ),
  ),
];

/** Below another root nothing is asked, and the command is listed with its names. */
export const findNames = (command: CommandArtifact, argv: readonly string[]): readonly string[] =>
  namesOf(command, argv).flatMap(({name, line}) => [
    `    found_${name}=${quoteForShell(`{${name}}`)}`,
    `    [ "$is_live" = no ] || found_${name}=$(wait_for ${line}) || return 1`,
  ]);

/** Without a value of a name the question has an empty answer. */
const askNames = (command: CommandArtifact, argv: readonly string[]): readonly string[] =>
  namesOf(command, argv).flatMap(({name, line}) => [
    `    found_${name}=$(ask ${line}) || return 2`,
    `    [ -n "$found_${name}" ] || return 0`,
  ]);

const namesOf = (command: CommandArtifact, argv: readonly string[]) => {
  const names = answerOf(command)?.names ?? {};
  return namesIn(names, argv).map((name) => ({name, line: commandLine(names[name] ?? [], variablesOf(command))}));
};

/** What a program says before the command and after it. `ask` that may fail is asked only once the program has answered. */
export const answerLines = ({number, command}: ScriptCommand) => {
  const answer = answerOf(command);
  if (answer === null) return [];
  const {ask, alive, before, after, patienceSeconds} = answer;
  const asked = commandLine(ask, variablesOf(command));
  return [
    {
      number,
      lines: [
        `    question=${quoteForShell(ask.join(' '))}`,
        `    before=${linesForShell(before)}`,
        `    after=${linesForShell(after)}`,
        `    patience=${patienceSeconds}`,
        ...askNames(command, ask),
        ...(alive === null
          ? [`    now=$(ask ${asked}) || return 2`]
          : [
              `    now=$(ask ${commandLine(alive)}) || return 2`,
              '    [ -n "$now" ] || return 2',
              `    now=$(ask ${asked} 2>/dev/null) || now=`,
            ]),
      ],
    },
  ];
};

export const idleLines = ({number, command}: ScriptCommand) => {
  const idle = answerOf(command)?.idle ?? null;
  if (idle === null) return [];
  return [
    {
      number,
      lines: [
        `    remedy=${quoteForShell(idle.remedy)}`,
        ...askNames(command, idle.ask),
        `    now=$(ask ${commandLine(idle.ask, variablesOf(command))}) || return 2`,
        '    [ -z "$now" ] || return 2',
      ],
    },
  ];
};

const linesForShell = (text: string): string =>
  text.includes('\n') ? `$(printf '%s\\n' ${text.split('\n').map(quoteForShell).join(' ')})` : quoteForShell(text);
