/** One desired outcome. Renderers make them; nothing here touches the machine. */
export type Artifact = FileArtifact | SymlinkArtifact | AbsentArtifact | RunArtifact;

/** What a program does, while the others are content that is put in place. */
export type RunArtifact = CommandArtifact | GeneratedArtifact | CreatedArtifact;

/**
 * What rollback does with it. `restore`: what was there before the run comes back, and a file that was edited since is
 * left to the user. `remove`: it is nobody else's, and goes whatever it holds by then. `keep`: it is the user's from now
 * on (a disk with an installed system), and stays; only a run that fails takes it back.
 */
export type OnRollback = 'restore' | 'remove' | 'keep';

export type FileArtifact = {
  readonly kind: 'file';
  readonly path: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'latin1';
  /** Permission bits for a new file; an existing one keeps its own. */
  readonly mode: number;
  readonly placing: Placing;
  readonly by: WrittenBy;
  /** `restore` when absent. */
  readonly onRollback?: OnRollback;
  readonly why: readonly string[];
};

/**
 * `last`: put in place only when everything that programs make is there, and gone first on rollback (a boot entry must
 * never name an image that is not there).
 */
export type Placing = 'first' | 'last';

/** `registry`: the file is a guest, defined through the hypervisor's own program where there is one. */
export type WrittenBy = 'writer' | 'registry';

export type SymlinkArtifact = {
  readonly kind: 'symlink';
  readonly path: string;
  readonly target: string;
  readonly why: readonly string[];
};

/** Our file or link from an earlier run that this plan no longer needs. */
export type AbsentArtifact = {
  readonly kind: 'absent';
  readonly path: string;
  readonly why: readonly string[];
};

/** A command that makes files take effect. Run once, after the files, when one of `triggers` changes; without any, always. */
export type CommandArtifact = {
  readonly kind: 'command';
  readonly argv: readonly [string, ...string[]];
  /** Run on rollback after the files are restored; `null` when nothing is to do. */
  readonly undo: readonly [string, ...string[]] | null;
  readonly triggers: readonly string[];
  /** Not undone when this file is gone by then: a kernel may have been removed since. */
  readonly onlyWith?: string;
  readonly timeoutSeconds: number;
  /** What is read back after it ran, and after its undo. */
  readonly effect?: Effect;
  /** What the images that it made are held to. */
  readonly images?: NamedImages;
  readonly why: readonly string[];
};

/** What a command is to bring about. Plain data for the journal; the code that reads it back is the `Probe` of its kind. */
export type Effect = {readonly kind: string} & Readonly<Record<string, unknown>>;

/** Images that a program makes at names of its own, which the boot entries name. `argv` lists the one at `{output}`. */
export type NamedImages = {
  readonly kind: 'images';
  readonly argv: readonly [string, ...string[]];
  readonly entries: readonly {readonly path: string; readonly contains: readonly string[]}[];
};

/**
 * A file that a program makes (grub.cfg, an initrd). It is generated to a path of our own, validated and then
 * installed by our writer: grub-mkconfig, dracut and update-initramfs replace in place (reliability: a kill or a
 * full disk there leaves half a file).
 */
export type GeneratedArtifact = {
  readonly kind: 'generated';
  readonly path: string;
  /** The argument `{output}` stands for the path to write to. */
  readonly argv: readonly [string, ...string[]];
  readonly validations: readonly Validation[];
  /** `restore` when absent. */
  readonly onRollback?: OnRollback;
  readonly triggers: readonly string[];
  readonly timeoutSeconds: number;
  readonly why: readonly string[];
};

/**
 * A file that a program makes where there is none, and that belongs to its user from then on: the disk image of a guest.
 * The program writes it next to its place, and it gets its name by a hard link, which never takes the place of another
 * file (link(2): EEXIST). It is not read, whatever its size. Rollback removes it as long as nobody has used it: its
 * inode, its size and the times of its last change are what they were when it was made. Otherwise it stays.
 */
export type CreatedArtifact = {
  readonly kind: 'created';
  readonly path: string;
  /** The argument `{output}` stands for the path to write to, where an empty file is. */
  readonly argv: readonly [string, ...string[]];
  /** Of folders that are missing above it. */
  readonly directoryMode: number;
  /** At most, what it takes on the disk once it is made. */
  readonly bytes: number;
  readonly timeoutSeconds: number;
  /** Empty: whoever renders it has found nothing at its path. */
  readonly triggers: readonly string[];
  readonly why: readonly string[];
};

export type Validation =
  /** Exit code 0 wanted; `{output}` as above. */
  | {readonly kind: 'command'; readonly argv: readonly [string, ...string[]]}
  /** stdout of a listing program must contain each of these as a substring of some line. */
  | {readonly kind: 'listing'; readonly argv: readonly [string, ...string[]]; readonly contains: readonly string[]}
  /** One that needs knowledge of the file: the code is the `Validator` of its kind. */
  | OrderValidation
  /** The new file must contain each of these texts. */
  | {readonly kind: 'contains'; readonly texts: readonly string[]}
  /** Not smaller than this part of the file it replaces (0.5 = half), or of the file `of` where that is given, and never empty. */
  | {readonly kind: 'size'; readonly minimumRatio: number; readonly of?: string};

/** The file `member` of an initramfs calls `script`, and `before`, if it does, only after that. */
export type OrderValidation = {
  readonly kind: 'order';
  readonly member: string;
  readonly script: string;
  readonly before: string;
};
