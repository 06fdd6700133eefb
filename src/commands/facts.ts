import type {HostFacts} from '../facts/host-facts.ts';
import {type FactsDocument, factsDocument, factsShape} from '../facts/shapes/facts-document.ts';
import {printable} from '../words/printable.ts';
import {type Command, exitCodes} from './command.ts';
import {factRows} from './fact-rows.ts';

export const facts: Command<unknown, HostFacts, FactsDocument> = {
  run: async ({host}) => (await host()).facts(),
  exitCode: () => exitCodes.done,
  document: factsDocument,
  shape: factsShape,
  isCompact: true,
  describe: (read) =>
    factRows(read)
      .map(([title, text]) => `${title.padEnd(20)} ${printable(text)}\n`)
      .join(''),
};
