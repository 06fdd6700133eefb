/**
 * The way to the machine of everything that writes. All paths are absolute host paths; the implementation puts the
 * root in front and never follows a link out of it. Errors carry `code` (ENOSPC …) and name the host path.
 */
export type Machine = {
  readonly root: string;
  /** `/`, not another tree. */
  readonly isLive: boolean;
  readonly self: ProcessIdentity;
  /** Start time of a process in clock ticks since boot; `null` when there is none. */
  readonly startTimeOf: (pid: number) => string | null;

  /** The path itself, a symlink not followed; `null` when it is absent. */
  readonly stat: (path: string) => MachineStat | null;
  /** Follows links inside the root. */
  readonly isDirectory: (path: string) => boolean;
  /** A regular file, never through a symlink. */
  readonly read: (path: string) => Buffer;
  /** The same file of any size, one part after the other. */
  readonly readParts: (path: string, each: EachPart) => void;
  readonly readLink: (path: string) => string;
  /** Sorted names; empty when there is no such directory. */
  readonly list: (directory: string) => readonly string[];
  readonly space: (directory: string) => Space;
  /** Why the kernel would not let us write there (EROFS, EPERM of `chattr +i` …); `null` when it would. */
  readonly whyNotWritable: (path: string) => string | null;
  /** Keeps the file of now readable after its name is gone. */
  readonly hold: (path: string) => HeldFile;
  readonly hasProgram: (name: string) => boolean;
  /** Processes that have locked the file for writing, or, for a file that is a lock by being `there`, have it open. */
  readonly lockHolders: (path: string, by: 'locked' | 'there') => readonly LockHolder[];

  /** A file that did not exist, for its owner only (0600), never through a symlink. */
  readonly create: (path: string) => NewFile;
  readonly makeDirectory: (path: string, mode: number) => void;
  readonly removeDirectory: (path: string) => void;
  readonly rename: (from: string, to: string) => void;
  readonly link: (from: string, to: string) => void;
  readonly unlink: (path: string) => void;
  readonly symlink: (target: string, path: string) => void;
  readonly changeLinkOwner: (path: string, uid: number, gid: number) => void;
  /** Content and attributes of a file that is there already. */
  readonly syncFile: (path: string) => void;
  readonly syncDirectory: (path: string) => void;
  readonly run: (request: RunRequest) => Promise<RunResult>;
};

/** Takes a part of at most 1 MiB, which it must not keep: the next one has its place. */
export type EachPart = (part: Uint8Array) => void;

export type ProcessIdentity = {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
  readonly uid: number;
  readonly gid: number;
};

/** `pid` is 0 or -1 where the kernel does not say; `name` is the process's own and may be any text. */
export type LockHolder = {readonly pid: number; readonly name: string | null};

export type MachineStat = {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  readonly device: number;
  readonly inode: number;
  /** When content was last changed; as `changedMs`. */
  readonly modifiedMs: number;
  /** When content, attributes or names were last changed: milliseconds since 1970, the fraction matters. */
  readonly changedMs: number;
};

export type Space = {
  readonly device: number;
  readonly freeBytes: number;
  readonly blockSize: number;
  /** `null` where the file system has no such limit (btrfs). */
  readonly freeFiles: number | null;
  readonly isFat: boolean;
};

export type HeldFile = {
  /** What it is in the end, once its name is gone: who had it open for writing is waited for, 2 s at most. */
  readonly readLast: (each: EachPart) => void;
  readonly close: () => void;
};

export type NewFile = {
  /** Count of bytes that were taken, as write(2): may be fewer than given. */
  readonly write: (bytes: Uint8Array) => number;
  /** Owner, mode, ACL, extended attributes and security label of another file, as far as this root has them. */
  readonly copyAttributes: (from: string) => void;
  readonly chown: (uid: number, gid: number) => void;
  readonly chmod: (mode: number) => void;
  readonly sync: () => void;
  readonly stat: () => MachineStat;
  readonly close: () => void;
};

export type RunRequest = {
  readonly argv: readonly [string, ...string[]];
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** The last lines of both outputs, oldest first, each time that one is added. */
  readonly onOutput: (lastLines: readonly string[]) => void;
};

export type RunResult =
  | {
      readonly state: 'ended';
      readonly exitCode: number | null;
      readonly problem: string | null;
      readonly stdout: string;
      readonly lastLines: readonly string[];
    }
  | {readonly state: 'not-run'; readonly reason: string};

/** A replacement for a real program, below another root or in a dry run. */
export type Program = (
  argv: readonly [string, ...string[]],
  machine: Machine,
  request: RunRequest,
) => ProgramResult | Promise<ProgramResult>;
export type ProgramResult = {readonly exitCode: number; readonly stdout?: string};
