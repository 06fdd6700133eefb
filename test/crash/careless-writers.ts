import {closeSync, fsyncSync, openSync, renameSync, writeSync} from 'node:fs';
import {dirname} from 'node:path';

/** The ways of well-known programs, to show that a power cut is noticed; `elsewhere` is what another program does meanwhile. */
export type CarelessWriter = {
  readonly name: string;
  readonly write: (file: string, text: string, commit: () => void) => void;
  /** File systems on which it must be caught. */
  readonly caughtOn: readonly string[];
};

export const carelessWriters: readonly CarelessWriter[] = [
  {
    name: 'in place',
    write: (file, text, commit) => {
      const fd = openSync(file, 'w');
      commit();
      writeSync(fd, text);
      closeSync(fd);
      commit();
    },
    caughtOn: ['ext4', 'ext4 writeback', 'xfs', 'btrfs'],
  },
  {
    name: 'renames without saving',
    write: (file, text) => {
      writeClosed(`${file}.new`, text, false);
      renameSync(`${file}.new`, file);
      syncDirectory(dirname(file));
    },
    // ext4 with its defaults saves the file before such a rename (auto_da_alloc).
    caughtOn: ['ext4 writeback', 'xfs', 'btrfs'],
  },
  {
    name: 'renames the old away first',
    write: (file, text) => {
      writeClosed(`${file}.new`, text, true);
      renameSync(file, `${file}.save`);
      syncDirectory(dirname(file));
      renameSync(`${file}.new`, file);
      syncDirectory(dirname(file));
    },
    caughtOn: ['ext4', 'ext4 writeback', 'xfs', 'btrfs'],
  },
];

const writeClosed = (file: string, text: string, isSaved: boolean): void => {
  const fd = openSync(file, 'w');
  writeSync(fd, text);
  if (isSaved) fsyncSync(fd);
  closeSync(fd);
};

const syncDirectory = (directory: string): void => {
  const fd = openSync(directory, 'r');
  fsyncSync(fd);
  closeSync(fd);
};
