/** A file as found: what comparison expects to find again before it writes. */
export type FileFacts = {
  readonly path: string;
  readonly state: 'file' | 'symlink' | 'directory' | 'other' | 'denied';
  /** Content when `state` is `file`; `latin1` keeps bytes that are not valid UTF-8. */
  readonly text: string | null;
  readonly encoding: 'utf8' | 'latin1';
  readonly target: string | null;
  readonly sha256: string | null;
  /** Permission bits, `0o644`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** `null` for a file that was not read from a disk. */
  readonly stamp: FileStamp | null;
};

/** Changes whenever the file is saved again; `changedMs` alone, when only its attributes, ACL or label are set. */
export type FileStamp = {readonly inode: number; readonly modifiedMs: number; readonly changedMs: number};
