import {readWord} from './read-word.ts';
import {expectReserved, expectText, nested, reservedWord, skipBlanks, skipLines, unexpected} from './shell-parser.ts';
import type {Parser} from './shell-parser.ts';

export const parseCompound = (parser: Parser, word: string): void => {
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
  parser.assignments.push({name: variable.text, operator: '=', start: variable.start, value: variable, isConditional: true, command: [], hasRedirection: false, isArgument: false});
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
