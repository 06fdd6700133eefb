import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import type {Journal} from './journal.ts';
import {settleOnFat} from './replace.ts';

/**
 * A run that was killed may have renamed or removed something without saving the directory: it is so for everybody who
 * looks, and after a power cut it is not. Before what is there is believed, it is put on the disk.
 */
export const saveNames = (machine: Machine, {items, directories}: Journal): void => {
  const touched = new Set([...items.map(({path}) => dirname(path)), ...directories.flatMap(({path}) => [path, dirname(path)])]);
  for (const directory of touched) if (machine.isDirectory(directory)) machine.syncDirectory(directory);
  for (const {path} of items) if (machine.stat(path)?.type === 'file') settleOnFat(machine, path);
};
