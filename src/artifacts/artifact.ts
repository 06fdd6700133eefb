/** One desired outcome. Renderers make them; nothing here touches the machine. */
export type Artifact = FileArtifact | SymlinkArtifact | AbsentArtifact | CommandArtifact | GeneratedArtifact;

/**
 * Text of a file. `libvirt`: defined through `virsh define` on a live host, written directly under another root.
 * `last`: put in place only when everything that programs make is there, and gone first on rollback (a boot entry must
 * never name an image that is not there).
 */
export type FileArtifact = {
  readonly kind: 'file';
  readonly path: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'latin1';
  /** Permission bits for a new file; an existing one keeps its own. */
  readonly mode: number;
  readonly installer: 'file' | 'libvirt' | 'last';
  readonly why: readonly string[];
};

export type SymlinkArtifact = {
  readonly kind: 'symlink';
  readonly path: string;
  readonly target: string;
  readonly why: readonly string[];
};

/** A file or link of ours from an earlier run that this plan no longer needs. */
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

/**
 * `loader-variable`: text of an EFI variable of the boot loader, `null` where it is not set; anything else is a failure.
 * `files-hold`: each of these files holds each of these texts.
 * `arguments`: each kernel command line that can be started next, after the command and after its undo.
 * `default-entry`: `bootctl list` ran, and one of these entries is the default; another one is told to the user.
 */
export type Effect =
  | {readonly kind: 'loader-variable'; readonly name: string; readonly before: string | null; readonly after: string | null}
  | {readonly kind: 'files-hold'; readonly paths: readonly string[]; readonly texts: readonly string[]}
  | {readonly kind: 'arguments'; readonly of: CommandLines; readonly before: Words; readonly after: Words}
  | {readonly kind: 'default-entry'; readonly ids: readonly string[]};

/** Where command lines stand: in what a program says, in entries of the Boot Loader Specification, in the entries of limine.conf that its tool makes, on the EFI partitions whose UUIDs a file lists. */
export type CommandLines =
  | {readonly kind: 'program'; readonly argv: readonly [string, ...string[]]}
  | {readonly kind: 'partitions'; readonly listPath: string}
  | {readonly kind: 'entries' | 'limine'; readonly paths: readonly string[]};

export type Words = {readonly has: readonly string[]; readonly lacks: readonly string[]};

/** Images that a program makes at names of its own, which the boot entries tell. `argv` lists the one at `{output}`. */
export type NamedImages = {
  readonly argv: readonly [string, ...string[]];
  readonly entries: readonly {readonly path: string; readonly contains: readonly string[]}[];
};

/**
 * A file that a program makes (grub.cfg, an initrd). It is generated to a path of ours, validated and then
 * installed by our writer: grub-mkconfig, dracut and update-initramfs replace in place (reliability: a kill or a
 * full disk there leaves half a file).
 */
export type GeneratedArtifact = {
  readonly kind: 'generated';
  readonly path: string;
  /** The argument `{output}` stands for the path to write to. */
  readonly argv: readonly [string, ...string[]];
  readonly validations: readonly Validation[];
  /** Nobody else's: made under a name of ours, and removed on rollback whatever it holds by then. */
  readonly isOwn?: true;
  readonly triggers: readonly string[];
  readonly timeoutSeconds: number;
  readonly why: readonly string[];
};

export type Validation =
  /** Exit code 0 wanted; `{output}` as above. */
  | {readonly kind: 'command'; readonly argv: readonly [string, ...string[]]}
  /** stdout of a listing program must contain each of these as a substring of some line. */
  | {readonly kind: 'listing'; readonly argv: readonly [string, ...string[]]; readonly contains: readonly string[]}
  /** The file `member` of an initramfs calls `script`, and `before`, if it does, only after that. */
  | {readonly kind: 'order'; readonly member: string; readonly script: string; readonly before: string}
  /** The new file must contain each of these texts. */
  | {readonly kind: 'contains'; readonly texts: readonly string[]}
  /** Not smaller than this part of the file it replaces (0.5 = half), or of `of` where it stands beside that, and never empty. */
  | {readonly kind: 'size'; readonly minimumRatio: number; readonly of?: string};
