import {integer, listOf, literal, shape, text} from '../decode/decode.ts';
import {type Command, exitCodes} from './command.ts';

type Captured = {readonly file: string; readonly entries: number; readonly unreadable: readonly string[]};

type Document = Captured & {readonly version: 1};

export const capture: Command<unknown, Captured, Document> = {
  run: async ({host, positionals: [file = '']}) => {
    const {entries, unreadable} = await (await host()).capture(file);
    return {file, entries: entries.length, unreadable};
  },
  exitCode: () => exitCodes.done,
  document: (captured) => ({version: 1, ...captured}),
  shape: shape<Document>({version: literal(1), file: text, entries: integer, unreadable: listOf(text)}),
  describe: ({file, entries}) =>
    `Wrote ${file}: ${entries} entries; serial numbers, MAC addresses, UUIDs and the host name are replaced. Look into it before you send it: tar -tzf ${file}\n`,
  remark: ({unreadable}) =>
    unreadable.length === 0
      ? ''
      : `Not in it, because this user may not read it: ${unreadable.slice(0, 10).join(', ')}${unreadable.length > 10 ? ` and ${unreadable.length - 10} more` : ''}. As root the capture is complete.\n`,
};
