import {constants} from 'node:os';
import {MachineError} from '../errors.ts';

/** The `code` of a system error (`ENOENT`); `null` for anything else. */
export const errorCode = (error: unknown): string | null => {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  // libuv has no name for some, EDQUOT among them: "Unknown system error -122", or UNKNOWN.
  if (!/^unknown/iu.test(error.code) || !('errno' in error)) return error.code;
  return Object.entries(constants.errno).find(([, number]) => number === -Number(error.errno))?.[0] ?? error.code;
};

/** The process or the machine can open no more files: it says nothing about the file that was to be opened. */
export const isExhausted = (error: unknown): boolean => ['EMFILE', 'ENFILE'].includes(errorCode(error) ?? '');

/** Descriptor paths (/proc/self/fd/…) say nothing to a person: the host path takes their place. */
export const machineError = (doing: string, path: string, cause: unknown): MachineError => {
  const code = errorCode(cause);
  const reason =
    code === null ? (cause instanceof Error ? cause.message : String(cause)) : `${words[code] ?? 'failed'} (${code})`;
  return new MachineError(`${doing} ${path}: ${reason}`, code ?? 'EIO', {cause});
};

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use, perhaps a mount point',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something is there already',
  EIO: 'the disk reported an error',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link, or links loop',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many files are open on this machine',
  ENOENT: 'it is not there',
  ENOMEM: 'the kernel is out of memory',
  ENOSPC: 'no space is left on the file system',
  ENOTDIR: 'a part of the path is no directory',
  ENOTEMPTY: 'the directory is not empty',
  EPERM: 'the kernel refused it, perhaps the file is immutable',
  EROFS: 'the file system is read-only',
  EXDEV: 'it leaves the root',
};
