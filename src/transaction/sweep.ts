import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import {generatedDirectory, tempFile} from './paths.ts';
import type {Transaction} from './transaction.ts';
import {removeIfThere} from './write-file.ts';

/** Removes what an interrupted run left: only names that its journal makes ours. Frees the space for restoring, too. */
export const sweepTemps = ({machine, ledger}: Transaction): void => {
  const {id, items} = ledger.current();
  for (const [index, {path}] of items.entries()) {
    const temp = tempFile(path, id, index);
    if (removeIfThere(machine, temp)) machine.syncDirectory(dirname(temp));
  }
  sweepGenerated(machine, id);
};

/** What a program had half made. */
export const sweepGenerated = (machine: Machine, id: string): void => {
  const directory = generatedDirectory(id);
  for (const name of machine.list(directory)) machine.unlink(`${directory}/${name}`);
};

/** Those that we made and that nobody else uses. */
export const removeDirectories = ({machine, ledger}: Transaction): void => {
  for (const {path} of [...ledger.current().directories].reverse()) {
    if (machine.stat(path)?.type !== 'directory' || machine.list(path).length > 0) continue;
    machine.removeDirectory(path);
    machine.syncDirectory(dirname(path));
  }
};
