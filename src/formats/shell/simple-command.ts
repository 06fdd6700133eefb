import {type ArrayAssignment, type Assignment, ShellSyntaxError, type Word} from './script.ts';
import {expectText, type Mutable, nested, type Parser, reserved, skipBlanks, skipLines, unexpected} from './parser.ts';
import {readWord} from './words.ts';

/** A command without a keyword: assignments, words and redirections; or the head of a function. */
export const parseSimple = (parser: Parser): void => {
  const start = parser.position;
  const assignments: Mutable<Assignment>[] = [];
  const words: Word[] = [];
  let hasRedirection = false;
  for (;;) {
    skipBlanks(parser);
    if (parseRedirection(parser)) {
      hasRedirection = true;
      continue;
    }
    const character = parser.text[parser.position];
    if (character === '(') {
      parseFunction(parser, words, assignments.length > 0);
      return;
    }
    if (character === undefined || '\n;&|)'.includes(character)) break;
    const word = readWord(parser);
    const assignment = words.length === 0 ? asAssignment(word, parser.context.isConditional) : null;
    if (assignment === null) words.push(word);
    else if (parser.dialect === 'bash' && word.end === assignment.value.start && parser.text[word.end] === '(')
      parser.arrays.push(parseArray(parser, assignment));
    else assignments.push(assignment);
  }
  if (parser.position === start) throw unexpected(parser);
  const [command] = words;
  // A reserved word that was written over two lines or so: the shell sees it, this reader did not.
  if (command !== undefined && reserved.has(command.text) && command.bareLength === command.text.length)
    throw new ShellSyntaxError('this is not understood', start);
  parser.assignments.push(...assignments.map((assignment) => ({...assignment, command: words, hasRedirection})));
  if (command === undefined) return;
  if (command.text === 'export' && command.bareLength === command.text.length)
    parser.assignments.push(...exported(parser, words.slice(1), hasRedirection));
  parser.commands.push({start: command.start, words, isSubshell: parser.context.isSubshell});
};

const parseArray = (parser: Parser, {name, operator, start, isConditional}: Assignment): ArrayAssignment => {
  const words: Word[] = [];
  parser.position += 1;
  for (;;) {
    skipBlanks(parser);
    skipLines(parser);
    if (parser.text[parser.position] === ')') break;
    const {position} = parser;
    words.push(readWord(parser));
    if (parser.position === position) throw unexpected(parser);
  }
  parser.position += 1;
  return {name, operator, start, words, isConditional};
};

const exported = (parser: Parser, words: readonly Word[], hasRedirection: boolean): Mutable<Assignment>[] =>
  words.flatMap((word) => {
    const assignment = asAssignment(word, parser.context.isConditional);
    return assignment === null ? [] : [{...assignment, hasRedirection, isArgument: true}];
  });

const parseFunction = (parser: Parser, words: readonly Word[], hasAssignments: boolean): void => {
  const [name] = words;
  const isDefinition =
    words.length === 1 &&
    !hasAssignments &&
    name !== undefined &&
    /^[A-Za-z_]\w*$/.test(name.text) &&
    name.bareLength === name.text.length;
  if (!isDefinition) throw new ShellSyntaxError('sh allows no ( here', parser.position);
  parser.position += 1;
  skipBlanks(parser);
  expectText(parser, ')');
  skipLines(parser);
  nested(parser, {}, () => parser.parseCommand());
};

/** `NAME=value` counts as an assignment only when nothing before the value is quoted or escaped. */
const asAssignment = (word: Word, isConditional: boolean): Mutable<Assignment> | null => {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(\+?=)/.exec(word.text.slice(0, word.bareLength));
  if (match === null) return null;
  const [whole, name = '', operator] = match;
  return {
    name,
    operator: operator === '+=' ? '+=' : '=',
    start: word.start,
    value: afterPrefix(word, whole.length),
    isConditional,
    command: [],
    hasRedirection: false,
    isArgument: false,
  };
};

const afterPrefix = (word: Word, length: number): Word => ({
  ...word,
  start: word.ends[length - 1] ?? word.end,
  text: word.text.slice(length),
  starts: word.starts.slice(length),
  ends: word.ends.slice(length),
  bareLength: word.bareLength - length,
  expansions: new Map([...word.expansions].map(([index, expansion]) => [index - length, expansion])),
});

/** Returns whether there was one. */
export const parseRedirection = (parser: Parser): boolean => {
  const match = /^(?:[0-9]*)(<<-?|<>|<&|>&|>>|>\||<|>)/.exec(parser.text.slice(parser.position, parser.position + 16));
  if (match === null) return false;
  parser.position += match[0].length;
  skipBlanks(parser);
  const {position} = parser;
  const word = readWord(parser);
  if (parser.position === position) throw unexpected(parser);
  if (match[1] === '<<' || match[1] === '<<-')
    parser.hereDocuments.push({delimiter: word, stripsTabs: match[1] === '<<-'});
  return true;
};
