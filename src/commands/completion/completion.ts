import {literal, shape, text, wordOf} from '../../decode/decode.ts';
import {type Command, exitCodes} from '../command.ts';
import {renderScript, type Shell} from './render-script.ts';

type Rendered = {readonly shell: Shell; readonly script: string};

type Document = Rendered & {readonly version: 1};

const isShell = (word: string): word is Shell => word === 'bash' || word === 'zsh' || word === 'fish';

export const completion: Command<unknown, Rendered, Document> = {
  run: async ({positionals: [word = '']}) => {
    const shell = isShell(word) ? word : 'bash';
    return {shell, script: renderScript(shell)};
  },
  exitCode: () => exitCodes.done,
  document: (rendered) => ({version: 1, ...rendered}),
  shape: shape<Document>({
    version: literal(1),
    shell: wordOf<Shell>({bash: true, zsh: true, fish: true}),
    script: text,
  }),
  describe: ({script}) => script,
};
