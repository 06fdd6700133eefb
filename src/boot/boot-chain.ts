import type {CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import type {Rendered} from '../artifacts/rendered.ts';
import type {BootFacts, BootLoader, InitramfsSystem, LineEdit, OwnBootFacts} from '../facts/boot.ts';
import type {FileTable} from '../facts/file-table.ts';
import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {ImageMaker} from '../image/image-system.ts';
import type {Plan} from '../plan/plan.ts';
import type {Source} from '../system/source.ts';
import type {TrialLoader} from './trial/trial-loader.ts';

/**
 * One way in which a host comes to its kernel arguments: a folder of src/boot with one face, and one line in chains.ts.
 *
 * The face reads and writes. What it reads, it reads from a `Source` that is handed in, so that the folder stays pure and
 * src/host, which comes after it, asks every chain of the table; a second table of readers would have to be kept in
 * step with this one. The decisions come before both: what they need of the chain is kept in `facts.boot`.
 */
export type BootChain = {
  readonly name: BootLoader;
  readonly detection: Detection;
  /** Everything that this chain reads, for the facts and for captures. */
  readonly files: FileTable;
  /** What only this loader keeps. */
  readonly readOwn: (reading: BootReading) => OwnBootFacts | null;
  /** Lines of arguments that the next boot has, wherever they come from; `null` where nothing says it. */
  readonly nextArguments: (
    files: Readonly<Record<string, FileFacts>>,
    own: OwnBootFacts | null,
  ) => readonly string[] | null;
  /** `null`: it is recognised, and never written. */
  readonly writer: ChainWriter | null;
  /** How a person changes the arguments before there is a plan; `null` where that is not one command or one file. */
  readonly lineEdit: (own: OwnBootFacts | null) => LineEdit | null;
  /** What a person has to do, up to the arguments, where nothing is written. */
  readonly byHand: (facts: HostFacts) => string;
};

export type BootReading = {
  readonly source: Source;
  readonly firmware: BootFacts['firmware'];
  readonly commandLine: string | null;
  /** On what a file is; `null` where that is unknown. */
  readonly placeOf: (path: string) => FilePlace | null;
};

export type FilePlace = {
  /** Of the file system, `ext4`. */
  readonly type: string;
  /** `sda1`; `null` where it is unknown. */
  readonly device: string | null;
  /** LVM, RAID or encryption: put together from other devices. */
  readonly isLayered: boolean;
};

/**
 * What speaks for a loader, strongest first: `system` means the whole system is made that way whatever loads it,
 * `boot` that it loaded the running kernel, `files` that somebody set it up, `package` only that it is installed,
 * and `trace` that something is there which others leave as well.
 */
export const strengths = ['system', 'boot', 'files', 'package', 'trace'] as const;

export type Evidence = {
  readonly loader: BootLoader;
  readonly strength: (typeof strengths)[number];
  readonly sentence: string;
};

export type Detection = {
  readonly evidence: (reading: BootReading) => readonly Evidence[];
  readonly needsUefi: boolean;
  /** Loaders that start what this one writes: where both are found, this one keeps the arguments. */
  readonly writesFor: readonly BootLoader[];
  /** It only writes: without evidence of a loader that it writes for, its files mean nothing. */
  readonly needsLoader: boolean;
  /**
   * What it means that it started the running kernel: `decides` (whoever else was at work), `proves`, or `unless-alone`
   * (others leave the same mark, so without any file of its own it is in doubt).
   */
  readonly started: 'decides' | 'proves' | 'unless-alone';
  /** What its files mean where another loader started the kernel: `nothing`, a `doubt` where that one has none, or a `contradiction`. */
  readonly whenOtherStarted: 'nothing' | 'doubt' | 'contradiction';
  /** Where its files are next to those of other loaders, and it is unknown which one started: the answer, `null` where there is none. */
  readonly settle: (files: ReadonlySet<BootLoader>, reading: BootReading) => readonly BootLoader[] | null;
  /** It is another loader in another mode. */
  readonly modeOf: {
    readonly loader: BootLoader;
    readonly holds: (reading: BootReading) => boolean;
    readonly sentence: string;
  } | null;
};

/** A loader of its own, known by its evidence alone. */
export const plainLoader: Omit<Detection, 'evidence'> = {
  needsUefi: false,
  writesFor: [],
  needsLoader: false,
  started: 'proves',
  whenOtherStarted: 'doubt',
  settle: () => null,
  modeOf: null,
};

export type ChainWriter = {
  /** Artifacts that bring the plan's arguments to the next boot. `maker` makes the images here; `null`: nobody can. */
  readonly render: (facts: HostFacts, plan: Plan, maker: ImageMaker | null) => Rendered;
  /** `render` writes everything on this host, modules and units included. */
  readonly rendersWholeHost: boolean;
  /** Makes the images in its own way; `null`: the initramfs system of the host does. */
  readonly maker: ImageMaker | null;
  /** `render` makes an image for each of our entries, and leaves those of the system alone. */
  readonly makesImagePerEntry: boolean;
  /**
   * `render` also writes the line of a hypervisor that is started under the kernel. Lines of the next boot as the files
   * give them, our own left out; `null`: it starts none.
   */
  readonly hypervisorLines:
    ((files: Readonly<Record<string, FileFacts>>, own: OwnBootFacts | null) => readonly string[]) | null;
  /** Files that hold the plan's arguments, and for which nothing is rendered while they do. */
  readonly keptFiles: (facts: HostFacts, plan: Plan) => readonly string[];
  /** What programs were to bring about, read back; asked when no command is left to run. */
  readonly promises: (facts: HostFacts, plan: Plan) => readonly ChainPromise[];
  readonly later: LaterWork;
  /** `null`: it can't start an entry for one boot only. */
  readonly trial: TrialLoader | null;
  /** Images of the lab that were started with what is written, and the initramfs system of each. */
  readonly provenBy: readonly {readonly image: string; readonly initramfs: InitramfsSystem}[];
};

export type ChainPromise = {
  readonly status: 'kept' | 'broken' | 'unknown';
  readonly promise: string;
  readonly fact: string;
  /** `null` where nothing is to do. */
  readonly remedy: string | null;
};

/** What a rollback has to know of kernels that were installed since. */
export type LaterWork = {
  /** Images of the system that hold what was applied as soon as the system makes them anew. */
  readonly images: (facts: HostFacts, plan: Plan, maker: ImageMaker | null) => readonly string[];
  /** Entries that were written with our arguments by a program. */
  readonly entries: (facts: HostFacts, plan: Plan) => readonly LateEntry[];
  /** What takes our arguments and files from these entries; `line` is what they get instead. */
  readonly takeBack: (facts: HostFacts, plan: Plan, line: string, maker: ImageMaker | null) => LateArtifacts;
  /** Entries that came since and have our arguments, and edited ones that went with their kernels. */
  readonly compareEntries: (
    facts: HostFacts,
    plan: Plan,
    edited: readonly EditedEntry[],
  ) => {readonly late: readonly LateGrubEntry[]; readonly gone: readonly string[]};
};

export type LateEntry = {readonly path: string; readonly release: string};

export type LateArtifacts = {
  readonly images: readonly GeneratedArtifact[];
  readonly commands: readonly CommandArtifact[];
};

/** An entry that was edited when the plan was applied, as it was before that. */
export type EditedEntry = {readonly path: string; readonly before: string};

/** An entry that came since; `text` is what it holds without what was applied, `null` where that is unknown. */
export type LateGrubEntry = {readonly file: FileFacts; readonly text: string | null};

/** Kernels that are installed later get their arguments from what is taken back anyway. */
export const nothingLater: LaterWork = {
  images: () => [],
  entries: () => [],
  takeBack: () => ({images: [], commands: []}),
  compareEntries: () => ({late: [], gone: []}),
};

/** For chains that a person brings up to date. */
export const addByHand = (): string => 'Add by hand';

export const isSet = (commandLine: string | null, start: string): boolean =>
  (commandLine ?? '').split(/\s+/).some((argument) => argument.startsWith(start));
