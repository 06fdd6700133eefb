import {demoHosts} from '../system/demo-names.ts';
import type {OptionSpec, OptionSpecs} from './declare.ts';

/** Known to every command. */
export const commonOptions = {
  root: {
    type: 'string',
    value: 'DIR',
    completes: 'directory',
    summary: 'another root instead of /: a captured host, a mounted disk; commands are listed there, not run',
  },
  demo: {
    type: 'boolean',
    default: false,
    follows: {name: 'NAME', words: [...Object.keys(demoHosts), 'list']},
    summary: 'a scratch copy of an embedded host as the root; `--demo list` names them',
  },
  json: {type: 'boolean', default: false, summary: 'one JSON document on stdout and nothing more, errors too'},
  'no-color': {type: 'boolean', default: false, summary: 'no colours (as NO_COLOR does)'},
  'no-pager': {type: 'boolean', default: false, summary: 'no pager on a terminal, however long the output is'},
  verbose: {type: 'boolean', default: false, summary: 'stack traces of errors'},
  version: {type: 'boolean', short: 'V', default: false, summary: 'the version'},
  help: {type: 'boolean', short: 'h', default: false, summary: 'this help, or that of a command'},
} as const satisfies OptionSpecs;

export const flag = <const Summary extends string>(summary: Summary) =>
  ({type: 'boolean', default: false, summary}) as const;

export const dryRun = flag('play the whole transaction through in memory, show it and write nothing');
export const yes = {type: 'boolean', short: 'y', default: false, summary: 'answer the one confirmation'} as const;
export const resume = flag('finish an interrupted run instead of undoing it');
export const keepEdits = flag('end an interrupted run although its files were edited; the edits stay');
export const out = {
  type: 'string',
  value: 'FILE',
  completes: 'file',
  summary: 'save it to a new file',
} as const satisfies OptionSpec;

/** Of commands that only read the host, and leave nothing there. */
export const overSsh = {
  type: 'string',
  value: 'USER@HOST',
  summary: 'another host over your own ssh, read as `capture --host` does; nothing is kept of it',
} as const satisfies OptionSpec;

/** Backgrounds of terminals. */
const themes = ['light', 'dark'] as const;
export const theme = {
  type: 'string',
  value: 'THEME',
  choices: themes,
  summary: 'colours for a light or a dark terminal, instead of asking the terminal',
} as const satisfies OptionSpec;
