/** One entry of a capture; `path` is absolute in the host. */
export type CapturedEntry =
  | {readonly type: 'link'; readonly path: string; readonly target: string}
  | {readonly type: 'directory'; readonly path: string}
  | {readonly type: 'file'; readonly path: string; readonly mode: number; readonly uid: number; readonly gid: number; readonly bytes: Buffer};

export type Capture = {
  readonly entries: readonly CapturedEntry[];
  /** Files that exist and that this user may not read: the capture lacks them. */
  readonly unreadable: readonly string[];
};
