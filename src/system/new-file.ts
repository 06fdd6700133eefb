import {closeSync, constants, fchmodSync, fchownSync, fstatSync, fsyncSync, openSync, writeSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {copyAttributes} from './file-attributes.ts';
import {machineError} from './machine-error.ts';
import type {NewFile} from './machine.ts';
import {withDirectory} from './open-directory.ts';
import {openRegular, statOf} from './real-file.ts';

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** `real` is the descriptor path, `path` the host's name of it for messages. */
export const createNewFile = (root: string, path: string, real: string): NewFile => {
  const fd = openSync(real, createFlags, 0o600);
  const named = <Result>(doing: string, act: () => Result, about = path): Result => {
    try {
      return act();
    } catch (error) {
      throw machineError(doing, about, error);
    }
  };
  return {
    write: (bytes) => named('Writing', () => writeSync(fd, bytes)),
    copyAttributes: (from) => named('Copying the attributes of', () => copyFrom(root, from, path, fd), from),
    chown: (uid, gid) => named('Giving away', () => fchownSync(fd, uid, gid)),
    chmod: (mode) => named('Setting the mode of', () => fchmodSync(fd, mode)),
    sync: () => named('Saving', () => fsyncSync(fd)),
    stat: () => statOf(fstatSync(fd)),
    close: () => closeSync(fd),
  };
};

const copyFrom = (root: string, from: string, path: string, targetFd: number): void => {
  withDirectory(root, dirname(from), (fromDirectory) =>
    withDirectory(root, dirname(path), (toDirectory) => {
      const sourceFd = openRegular(`${fromDirectory}/${basename(from)}`);
      try {
        copyAttributes(
          {fd: sourceFd, name: nameForOthers(fromDirectory, from)},
          {fd: targetFd, name: nameForOthers(toDirectory, path)},
        );
      } finally {
        closeSync(sourceFd);
      }
    }),
  );
};

const nameForOthers = (directory: string, path: string): string =>
  `${directory.replace('/self/', `/${process.pid}/`)}/${basename(path)}`;
