import type {CommandLines, Words} from '../artifacts/artifact.ts';
import {entryId} from '../artifacts/chains/entry-names.ts';
import {readLimineEntries} from '../artifacts/chains/limine-entries.ts';
import {readEntryOptions} from '../artifacts/chains/loader-entry.ts';
import {splitKernelLine} from '../artifacts/grub/kernel-tokens.ts';
import type {Machine} from '../system/machine.ts';
import {readPartitions} from './read-partitions.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';

export type CommandLine = {readonly where: string; readonly line: string};

/** Throws when one of the command lines lacks a word that it was to have, or has one that it was to lack. */
export const checkArguments = async (transaction: Transaction, of: CommandLines, {has, lacks}: Words): Promise<void> => {
  for (const {where, line} of await readLines(transaction, of)) {
    const words = splitKernelLine(line.replaceAll('\n', ' ')).tokens.map(({text}) => text);
    const missing = has.find((word) => !words.includes(word));
    if (missing !== undefined) throw new Error(`${missing} is not in ${where}, although it was to be.`);
    const left = lacks.find((word) => words.includes(word));
    if (left !== undefined) throw new Error(`${left} is still in ${where}.`);
  }
};

const readLines = async (transaction: Transaction, of: CommandLines): Promise<readonly CommandLine[]> => {
  if (of.kind === 'partitions') return readPartitions(transaction, of.listPath);
  if (of.kind !== 'program') return of.paths.flatMap((path) => linesOf(of.kind, path, readBootFile(transaction.machine, path)));
  const result = await runCommand(transaction, of.argv, 60);
  return result.state === 'not-run' ? [] : [{where: `what ${of.argv.join(' ')} says`, line: result.stdout}];
};

const linesOf = (kind: 'entries' | 'limine', path: string, text: string): readonly CommandLine[] => {
  if (kind === 'entries') return [{where: path, line: readEntryOptions(text)}];
  const made = readLimineEntries(text).filter(({isGenerated}) => isGenerated);
  if (made.length === 0) throw new Error(`No entry of limine-entry-tool is left in ${path}.`);
  return made.flatMap(({title, commandLines}) => commandLines.map((line) => ({where: `the entry ${title} of ${path}`, line})));
};

/** The boot loader counts tries in the names of entries, and the program that writes them may begin to. */
export const readBootFile = (machine: Machine, path: string): string => {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const name = machine.list(directory).find((one) => entryId(one) === entryId(path));
  if (name === undefined) throw new Error(`${path} is gone.`);
  return machine.read(`${directory}/${name}`).toString('utf8');
};
