import type {Word} from './shell-script.ts';
import {ShellSyntaxError} from './shell-script.ts';

export type HereDocument = {readonly delimiter: Word; readonly stripsTabs: boolean};

/** Skips the bodies that begin at `position`; returns the offset behind the last. */
export const readHereDocuments = (text: string, position: number, documents: readonly HereDocument[]): number => {
  let offset = position;
  for (const document of documents) offset = readBody(text, offset, document);
  return offset;
};

const readBody = (text: string, position: number, {delimiter, stripsTabs}: HereDocument): number => {
  const isLiteral = delimiter.bareLength < delimiter.text.length || delimiter.quotes.length > 0;
  let offset = position;
  while (offset < text.length) {
    const newline = text.indexOf('\n', offset);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(offset, end);
    if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter.text) return newline < 0 ? end : end + 1;
    // Expanded text can hide the delimiter behind a continuation, and ${NAME:=…} sets a variable.
    if (!isLiteral && /\\$|`|\$[({]/.test(line)) throw new ShellSyntaxError('this here-document is too intricate', offset);
    offset = end + 1;
  }
  throw new ShellSyntaxError('a here-document has no end', position);
};
