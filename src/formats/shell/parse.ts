import {type ArrayAssignment, type Assignment, type ShellScript, ShellSyntaxError, type Word} from './script.ts';
import {
  closers,
  expectReserved,
  expectText,
  type Mutable,
  nested,
  type Parser,
  readWord,
  reserved,
  reservedWord,
  skipBlanks,
  skipLines,
  unexpected,
} from './words.ts';

const parseSimple = (parser: Parser): void => {
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
const parseRedirection = (parser: Parser): boolean => {
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

const parseCompound = (parser: Parser, word: string): void => {
  if (word === 'if') parseIf(parser);
  else if (word === 'while' || word === 'until') parseLoop(parser);
  else if (word === 'for') parseFor(parser);
  else if (word === 'case') parseCase(parser);
  else if (word === '{') {
    parser.parseList();
    expectReserved(parser, '}');
  } else throw unexpected(parser);
};

const parseIf = (parser: Parser): void => {
  parser.parseList();
  expectReserved(parser, 'then');
  parser.parseList();
  const word = reservedWord(parser);
  if (word === 'elif') {
    parser.position += word.length;
    nested(parser, {}, () => parseIf(parser));
    return;
  }
  if (word === 'else') {
    parser.position += word.length;
    parser.parseList();
  }
  expectReserved(parser, 'fi');
};

const parseLoop = (parser: Parser): void => {
  parser.parseList();
  expectReserved(parser, 'do');
  parser.parseList();
  expectReserved(parser, 'done');
};

const parseFor = (parser: Parser): void => {
  skipBlanks(parser);
  const variable = readWord(parser);
  // The loop sets the variable: for our names that is an assignment that nobody can edit.
  parser.assignments.push({
    name: variable.text,
    operator: '=',
    start: variable.start,
    value: variable,
    isConditional: true,
    command: [],
    hasRedirection: false,
    isArgument: false,
  });
  skipLines(parser);
  if (/^in[\s;]/.test(parser.text.slice(parser.position, parser.position + 3))) {
    parser.position += 2;
    skipBlanks(parser);
    while (!'\n;'.includes(parser.text[parser.position] ?? '\n')) {
      const {position} = parser;
      readWord(parser);
      if (parser.position === position) throw unexpected(parser);
      skipBlanks(parser);
    }
  }
  if (parser.text[parser.position] === ';') parser.position += 1;
  skipLines(parser);
  expectReserved(parser, 'do');
  parser.parseList();
  expectReserved(parser, 'done');
};

const parseCase = (parser: Parser): void => {
  skipBlanks(parser);
  readWord(parser);
  skipLines(parser);
  if (!/^in\s/.test(parser.text.slice(parser.position, parser.position + 3))) throw unexpected(parser);
  parser.position += 2;
  for (;;) {
    skipLines(parser);
    if (reservedWord(parser) === 'esac') break;
    parsePattern(parser);
    parser.parseList();
    if (parser.text.startsWith(';;', parser.position)) parser.position += 2;
    else if (reservedWord(parser) !== 'esac') throw unexpected(parser);
  }
  parser.position += 'esac'.length;
};

const parsePattern = (parser: Parser): void => {
  if (parser.text[parser.position] === '(') parser.position += 1;
  for (;;) {
    skipBlanks(parser);
    const {position} = parser;
    readWord(parser);
    if (parser.position === position) throw unexpected(parser);
    skipBlanks(parser);
    if (parser.text[parser.position] !== '|') break;
    parser.position += 1;
  }
  expectText(parser, ')');
};

/** @throws ShellSyntaxError with the offset of what could not be understood */
export const parseShellScript = (text: string, dialect: 'sh' | 'bash' = 'sh'): ShellScript => {
  const nul = text.indexOf('\0');
  if (nul >= 0) throw new ShellSyntaxError('there is a NUL byte', nul);
  const parser: Parser = {
    text,
    position: 0,
    expansions: [],
    assignments: [],
    commands: [],
    arrays: [],
    dialect,
    hereDocuments: [],
    context: {depth: 0, isConditional: false, isSubshell: false},
    skipCommand: () => parseSubstitution(parser),
    parseList: () => parseList(parser),
    parseCommand: () => parseCommand(parser),
  };
  parseList(parser);
  if (parser.position < text.length) throw unexpected(parser);
  if (parser.hereDocuments.length > 0) throw new ShellSyntaxError('a here-document has no end', text.length);
  const {assignments, commands, arrays, expansions} = parser;
  return {text, assignments, commands, arrays, expansions};
};

const parseSubstitution = (parser: Parser): void => {
  if (parser.hereDocuments.length > 0)
    throw new ShellSyntaxError('a here-document comes before a $( … )', parser.position);
  nested(parser, {isSubshell: true}, () => parseList(parser));
  if (parser.hereDocuments.length > 0)
    throw new ShellSyntaxError('a here-document begins in a $( … )', parser.position);
};

const parseList = (parser: Parser): void => {
  for (;;) {
    skipLines(parser);
    if (isListEnd(parser)) return;
    const isBackground = parseAndOr(parser);
    skipBlanks(parser);
    if (isBackground) continue;
    if (parser.text[parser.position] === ';' && !parser.text.startsWith(';;', parser.position)) parser.position += 1;
    else if (parser.text[parser.position] !== '\n' && !isListEnd(parser)) throw unexpected(parser);
  }
};

const isListEnd = (parser: Parser): boolean =>
  parser.position >= parser.text.length ||
  parser.text[parser.position] === ')' ||
  parser.text.startsWith(';;', parser.position) ||
  closers.includes(reservedWord(parser));

/** Every part of a list with an operator may or may not run, or runs in a shell of its own. Returns whether `&` ended it. */
const parseAndOr = (parser: Parser): boolean => {
  const assignments = parser.assignments.length;
  const commands = parser.commands.length;
  let isSubshell = parsePipeline(parser);
  let isConditional = isSubshell;
  for (;;) {
    skipBlanks(parser);
    if (!/^(?:&&|\|\|)/.test(parser.text.slice(parser.position, parser.position + 2))) break;
    parser.position += 2;
    skipLines(parser);
    isConditional = true;
    isSubshell = parsePipeline(parser) && isSubshell;
  }
  const isBackground = parser.text[parser.position] === '&';
  if (isBackground) parser.position += 1;
  if (!isConditional && !isBackground) return false;
  for (const assignment of parser.assignments.slice(assignments)) assignment.isConditional = true;
  if (isSubshell || isBackground) for (const command of parser.commands.slice(commands)) command.isSubshell = true;
  return isBackground;
};

/** Returns whether there is more than one command, so that each has a shell of its own. */
const parsePipeline = (parser: Parser): boolean => {
  skipBlanks(parser);
  while (reservedWord(parser) === '!') {
    parser.position += 1;
    skipBlanks(parser);
  }
  let isPipeline = false;
  for (;;) {
    parseCommand(parser);
    skipBlanks(parser);
    if (parser.text[parser.position] !== '|' || parser.text[parser.position + 1] === '|') return isPipeline;
    isPipeline = true;
    parser.position += 1;
    skipLines(parser);
  }
};

const parseCommand = (parser: Parser): void => {
  skipBlanks(parser);
  const word = reservedWord(parser);
  if (parser.text[parser.position] === '(') {
    parser.position += 1;
    nested(parser, {isSubshell: true}, () => parseList(parser));
    expectText(parser, ')');
  } else if (word === '') {
    parseSimple(parser);
    return;
  } else {
    parser.position += word.length;
    nested(parser, {}, () => parseCompound(parser, word));
  }
  while (parseRedirection(parser)) skipBlanks(parser);
};
