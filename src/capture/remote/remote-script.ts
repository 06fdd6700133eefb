import {quoteForShell} from '../../words/quote-for-shell.ts';
import {capturedOutputs, captureTable} from '../capture-table.ts';
import capture from './capture.sh';

/**
 * What reads another host: POSIX sh with cat, base64, readlink, stat and timeout, for systems where this program does not
 * run. It prints a stream that `parseStream` reads.
 */
export const remoteScript = (): string =>
  [
    '#!/bin/sh',
    '# Made by vfio-pilot: prints what its plans are made from, for `vfio-pilot capture --host` on another machine.',
    '# Nothing is replaced in it yet: serial numbers, addresses and names are taken out where it is received.',
    '',
    'rows() {',
    ...captureTable.flatMap(({directory, names, capture: kind}) =>
      kind === null ? [] : [`  row ${kind} ${quoteForShell(directory)} ${quoteForShell(names)}`],
    ),
    '}',
    '',
    'questions() {',
    ...capturedOutputs.map(
      ({argv, path, kind}) => `  ask ${kind} ${[path, ...argv].map((word) => quoteForShell(word)).join(' ')}`,
    ),
    '}',
    '',
    capture,
  ].join('\n');
