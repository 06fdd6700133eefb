import {structuredPatch} from 'diff';
import type {HostFacts} from '../facts/host-facts.ts';
import {type Change, isFileChange} from './change.ts';
import {count} from '../words/count.ts';

/** `6 files`, `3 commands`, `a reboot`: what applying takes, without what it does not. */
export const partsOf = (changes: readonly Change[], needsReboot: boolean): readonly string[] => {
  const runs = changes.filter(({kind}) => kind === 'run').length;
  return [
    ...(changes.length === runs ? [] : [count(changes.length - runs, 'file')]),
    ...(runs === 0 ? [] : [count(runs, 'command')]),
    ...(changes.length > 0 && needsReboot ? ['a reboot'] : []),
  ];
};

/** Files that stay, and of which some place has fewer lines afterwards: a line that only changed is still there. */
export const shortenedFiles = ({files}: Pick<HostFacts, 'files'>, changes: readonly Change[]): readonly string[] =>
  changes.flatMap((change) => {
    if (!isFileChange(change) || change.kind !== 'replace' || change.content === null) return [];
    const {hunks} = structuredPatch('', '', files[change.path]?.text ?? '', change.content.text, '', '', {context: 0});
    return hunks.some(({oldLines, newLines}) => oldLines > newLines) ? [change.path] : [];
  });
