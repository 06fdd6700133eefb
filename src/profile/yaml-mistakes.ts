type Mistake = {readonly code: string; readonly message: string; readonly offset: number};
type Plain = {readonly message: string; readonly remedy: string; readonly offset: number};

const correct = 'Correct this line; keys are written as `key: value`.';

/** By the code of the library, whose own messages are for people who have written a parser. */
const plain: Readonly<Record<string, {readonly message: string | null; readonly remedy: string}>> = {
  TAB_AS_INDENT: {message: null, remedy: 'Indent with spaces.'},
  TAG_RESOLVE_FAILED: {message: null, remedy: 'Remove the tag (`!…`): values are plain text here.'},
  DUPLICATE_KEY: {message: null, remedy: 'Keep one of the two lines.'},
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'A key follows a value here.',
    remedy:
      'Put a value that has a colon into quotes; otherwise check the indentation of this line and of the next one.',
  },
  MULTILINE_IMPLICIT_KEY: {message: 'This line has no colon with a blank behind it.', remedy: correct},
  BAD_INDENT: {
    message: 'This line is not indented as the ones that it belongs to.',
    remedy: 'Begin it in the same column as its neighbours.',
  },
  BAD_SCALAR_START: {message: 'A value cannot begin with this character.', remedy: 'Put the value into quotes.'},
  UNEXPECTED_TOKEN: {message: 'This does not belong here.', remedy: correct},
};

const countOf = (text: string, character: string): number => text.split(character).length - 1;

/** No line of a profile is as long; a hostile one would keep an expression busy for hours. */
const longest = 500;

/** The last place before `end` where a line opens what it does not close; `null` where none does. */
const openedAt = (text: string, end: number, opening: RegExp): number | null => {
  const lines = text.slice(0, end).split('\n');
  const found = lines.map(
    (line) => opening.exec(line.slice(0, longest).replace(/(?:^|\s)#.*/, ''))?.indices?.[1]?.[0] ?? -1,
  );
  const index = found.findLastIndex((column) => column >= 0);
  return index < 0 ? null : lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0) + (found[index] ?? 0);
};

/** The library reports where it noticed: at the end of the file for a quotation that begins on the second line. */
const unclosed = (text: string, {message, offset}: Mistake): Plain | null => {
  const [, kind] = /^Flow (sequence|map) in block collection/.exec(message) ?? [];
  if (kind !== undefined) {
    const isList = kind === 'sequence';
    const at = openedAt(text, offset, isList ? /(\[)[^\]]*$/d : /(\{)[^}]*$/d);
    return {
      message: isList ? 'This [ has no ].' : 'This { has no }.',
      remedy: 'Close it on this line.',
      offset: at ?? offset,
    };
  }
  const [, quote] = /^Missing closing (["'])quote/.exec(message) ?? [];
  if (quote === undefined) return null;
  // Not that of "it's".
  const at = openedAt(text, offset, new RegExp(`(?:^|[\\s[{,])(${quote})[^${quote}]*$`, 'd'));
  return {message: `This ${quote} has no partner.`, remedy: 'Close the quotation on this line.', offset: at ?? offset};
};

/** What is wrong with the text, for a person: one for each line, as the rest only follows from it. */
export const explainMistakes = (text: string, mistakes: readonly Mistake[]): readonly (Plain & {code: string})[] => {
  const explained = mistakes.map((one) => {
    const known = plain[one.code];
    const own = `${one.message.replace(/[.\s]+$/, '').replaceAll('\n', ' ')}.`;
    const said = unclosed(text, one) ?? {
      message: known?.message ?? own,
      remedy: known?.remedy ?? correct,
      offset: one.offset,
    };
    return {...said, code: one.code};
  });
  const lineOf = (offset: number): number => countOf(text.slice(0, offset), '\n');
  return explained.filter(
    ({offset}, index) => explained.findIndex((other) => lineOf(other.offset) === lineOf(offset)) === index,
  );
};
