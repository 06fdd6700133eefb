import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import {basename, dirname} from 'node:path';
import {errorCode, machineError} from './machine-error.ts';
import type {Machine, Program, RunRequest, RunResult} from './machine.ts';
import {createNewFile} from './new-file.ts';
import {withDirectory} from './open-directory.ts';
import {readLockHolders, readOpeners, readProcessIdentity, readStartTime} from './processes.ts';
import {
  hold,
  readRegular,
  readRegularParts,
  spaceOf,
  statOf,
  syncDirectory,
  syncFile,
  whyNotWritable,
} from './real-file.ts';
import {runInTable} from './run-in-table.ts';
import {runProgram} from './run-program.ts';
import {trustedProgram} from './trusted-program.ts';

/**
 * The machine itself (`/`) or a tree. Everything is synchronous: the order of the calls in a commit is the order
 * in the code, and a kill can be tested at each of them.
 * Below another root only `programs`, by name, can be run.
 */
export const realMachine = (root: string, programs: Readonly<Record<string, Program>> = {}): Machine => {
  const isLive = root === '/';
  const isProgramHere = (name: string): boolean =>
    isLive ? trustedProgram(basename(name)) !== null : programs[basename(name)] !== undefined;

  const at = <Result>(doing: string, path: string, use: (real: string) => Result): Result => {
    try {
      return withDirectory(root, dirname(path), (directory) => use(`${directory}/${basename(path)}`));
    } catch (error) {
      throw machineError(doing, path, error);
    }
  };
  const inside = <Result>(doing: string, path: string, use: (directory: string) => Result): Result => {
    try {
      return withDirectory(root, path, use);
    } catch (error) {
      throw machineError(doing, path, error);
    }
  };

  const machine: Machine = {
    root,
    isLive,
    self: readProcessIdentity(),
    startTimeOf: readStartTime,
    stat: (path) =>
      orNull(() => at('Looking at', path, (real) => statOf(path === '/' ? statSync(real) : lstatSync(real)))),
    isDirectory: (path) => orNull(() => inside('Looking at', path, () => true)) ?? false,
    read: (path) => at('Reading', path, readRegular),
    readParts: (path, each) => at('Reading', path, (real) => readRegularParts(real, each)),
    readLink: (path) => at('Reading the link', path, (real) => readlinkSync(real)),
    list: (path) => orNull(() => inside('Listing', path, (directory) => readdirSync(directory).sort())) ?? [],
    space: (path) => inside('Measuring the space of', path, spaceOf),
    whyNotWritable: (path) =>
      machine.isDirectory(path) ? inside('Looking at', path, whyNotWritable) : at('Looking at', path, whyNotWritable),
    hold: (path) => at('Opening', path, hold),
    hasProgram: isProgramHere,
    lockHolders: (path, by) => at('Looking at', path, by === 'locked' ? readLockHolders : readOpeners),

    create: (path) => at('Creating', path, (real) => createNewFile(root, path, real)),
    makeDirectory: (path, mode) =>
      at('Creating the directory', path, (real) => {
        mkdirSync(real, {mode});
        chmodSync(real, mode);
      }),
    removeDirectory: (path) => at('Removing the directory', path, (real) => rmdirSync(real)),
    rename: (from, to) =>
      at('Replacing', to, (realTo) => at('Replacing', from, (realFrom) => renameSync(realFrom, realTo))),
    link: (from, to) => at('Linking', to, (realTo) => at('Linking', from, (realFrom) => linkSync(realFrom, realTo))),
    unlink: (path) => at('Removing', path, (real) => unlinkSync(real)),
    symlink: (target, path) => at('Linking', path, (real) => symlinkSync(target, real)),
    changeLinkOwner: (path, uid, gid) => at('Giving away', path, (real) => lchownSync(real, uid, gid)),
    syncFile: (path) => at('Saving', path, syncFile),
    syncDirectory: (path) => inside('Saving the directory', path, syncDirectory),
    run: (request) => (isLive ? runLive(request) : runInTable(programs, machine, request)),
  };
  return machine;
};

const orNull = <Result>(read: () => Result): Result | null => {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
};

const runLive = async (request: RunRequest): Promise<RunResult> => {
  const file = trustedProgram(basename(request.argv[0]));
  return file === null
    ? {
        state: 'ended',
        exitCode: null,
        problem: 'it is not installed in a directory that only root can write',
        stdout: '',
        lastLines: [],
      }
    : runProgram(file, request);
};
