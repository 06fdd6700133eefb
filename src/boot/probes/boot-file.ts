import {entryId} from '../../formats/boot-entry/loader-entry.ts';
import type {Machine} from '../../system/machine.ts';

/** The boot loader counts tries in the names of entries, and the program that writes them may begin to. */
export const readBootFile = (machine: Machine, path: string): string => {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const name = machine.list(directory).find((one) => entryId(one) === entryId(path));
  if (name === undefined) throw new Error(`${path} is gone.`);
  return machine.read(`${directory}/${name}`).toString('utf8');
};

/** A kernel command line, and where it was read. */
export type CommandLine = {readonly where: string; readonly line: string};
