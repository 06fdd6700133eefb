/** The `code` of a system error (`ENOENT`); `null` for anything else. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** Descriptor paths (/proc/self/fd/…) say nothing to a person: the host path takes their place. */
export const machineError = (doing: string, path: string, cause: unknown): Error => {
  const code = errorCode(cause);
  const reason = code === null ? (cause instanceof Error ? cause.message : String(cause)) : `${words[code] ?? 'failed'} (${code})`;
  return Object.assign(new Error(`${doing} ${path}: ${reason}`, {cause}), {code: code ?? 'EIO'});
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
  ENOENT: 'it is not there',
  ENOSPC: 'no space is left on the file system',
  ENOTDIR: 'a part of the path is no directory',
  ENOTEMPTY: 'the directory is not empty',
  EPERM: 'the kernel refused it, perhaps the file is immutable',
  EROFS: 'the file system is read-only',
  EXDEV: 'it leaves the root',
};
