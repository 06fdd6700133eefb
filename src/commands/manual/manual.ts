import {literal, shape, text} from '../../decode/decode.ts';
import {type Command, exitCodes} from '../command.ts';
import {renderManual} from './render-manual.ts';

type Document = {readonly version: 1; readonly name: 'vfio-pilot'; readonly section: 8; readonly page: string};

export const manual: Command<unknown, string, Document> = {
  run: async ({version}) => renderManual(version),
  exitCode: () => exitCodes.done,
  document: (page) => ({version: 1, name: 'vfio-pilot', section: 8, page}),
  shape: shape<Document>({version: literal(1), name: literal('vfio-pilot'), section: literal(8), page: text}),
  describe: (page) => page,
};
