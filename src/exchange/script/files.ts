import type {Validation} from '../../artifacts/artifact.ts';
import type {Fingerprint} from '../../changes/change.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {commandLine, output, printBytes} from './shell.ts';
import type {ScriptFile} from './steps.ts';

export const describeFile = ({how, change}: ScriptFile): string =>
  [
    `how=${how}`,
    `seen=${quoteForShell(how === 'made' ? 'any' : seenAs(change.expected))}`,
    `mode=${how === 'write' || how === 'guest' ? (change.content?.mode ?? 0o600).toString(8) : "''"}`,
    `path=${quoteForShell(change.path)}`,
    ...('onRollback' in change && change.onRollback === 'remove' ? ['own=yes'] : []),
  ].join(' ');

const seenAs = (expected: Fingerprint): string => {
  if (expected.state === 'absent') return 'absent';
  return expected.state === 'symlink' ? `link:${expected.target}` : `sha256:${expected.sha256}`;
};

export const contentOf = (file: ScriptFile) => {
  const {number, how, change} = file;
  if (how === 'link') return [{number, lines: [`    printf %s ${quoteForShell(change.target ?? '')}`]}];
  if ((how !== 'write' && how !== 'guest') || change.content === null) return [];
  return [{number, lines: printBytes(change.content.text, change.content.encoding, `END_OF_FILE_${number}`)}];
};

export const validationLines = (validation: Validation): readonly string[] => {
  switch (validation.kind) {
    case 'command':
      return [`    ask ${commandLine(validation.argv, output)} >/dev/null || return 1`];
    case 'listing':
      return [
        `    listing=$(ask ${commandLine(validation.argv, output)}) || return 1`,
        ...validation.contains.map((text) => `    lists ${quoteForShell(text)} || return 1`),
      ];
    case 'contains':
      return validation.texts.map((text) => `    has_text ${quoteForShell(text)} || return 1`);
    case 'size':
      return [
        `    has_size ${Math.ceil(validation.minimumRatio * 100)} ${validation.of === undefined ? '"$target"' : quoteForShell(validation.of)} || return 1`,
      ];
    case 'order':
      return [];
  }
};
