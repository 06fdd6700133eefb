import {parseCompound} from './parse-compound.ts';
import {parseRedirection, parseSimple} from './parse-simple-command.ts';
import {closers, expectText, nested, reservedWord, skipBlanks, skipLines, unexpected} from './shell-parser.ts';
import type {Parser} from './shell-parser.ts';
import type {ShellScript} from './shell-script.ts';
import {ShellSyntaxError} from './shell-script.ts';

/** @throws ShellSyntaxError with the offset of what could not be understood */
export const parseShellScript = (text: string): ShellScript => {
  const nul = text.indexOf('\0');
  if (nul >= 0) throw new ShellSyntaxError('there is a NUL byte', nul);
  const parser: Parser = {
    text,
    position: 0,
    expansions: [],
    assignments: [],
    commands: [],
    hereDocuments: [],
    context: {depth: 0, isConditional: false, isSubshell: false},
    skipCommand: () => parseSubstitution(parser),
    parseList: () => parseList(parser),
    parseCommand: () => parseCommand(parser),
  };
  parseList(parser);
  if (parser.position < text.length) throw unexpected(parser);
  if (parser.hereDocuments.length > 0) throw new ShellSyntaxError('a here-document has no end', text.length);
  return {text, assignments: parser.assignments, commands: parser.commands, expansions: parser.expansions};
};

const parseSubstitution = (parser: Parser): void => {
  if (parser.hereDocuments.length > 0) throw new ShellSyntaxError('a here-document stands before a $( … )', parser.position);
  nested(parser, {isSubshell: true}, () => parseList(parser));
  if (parser.hereDocuments.length > 0) throw new ShellSyntaxError('a here-document begins in a $( … )', parser.position);
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
