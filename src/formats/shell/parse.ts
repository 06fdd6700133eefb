import {type ShellScript, ShellSyntaxError} from './script.ts';
import {
  closers,
  expectReserved,
  expectText,
  nested,
  type Parser,
  reservedWord,
  skipBlanks,
  skipLines,
  unexpected,
} from './parser.ts';
import {parseRedirection, parseSimple} from './simple-command.ts';
import {readWord} from './words.ts';

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
