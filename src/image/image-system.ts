import type {Artifact, CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import type {Rendered} from '../artifacts/rendered.ts';
import type {InitramfsSystem} from '../facts/boot.ts';
import type {FileTable} from '../facts/file-table.ts';
import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {Source} from '../system/source.ts';

/** `release` is `null` where the name of the kernel's file does not hold it: then it changes under the same name. */
export type ImageCopy = {
  readonly of: string;
  readonly release: string | null;
  readonly path: string;
  /** For an image that is to hold the kernel and these arguments as well. */
  readonly commandLine?: string;
};

/** How the initramfs is made: what our settings for it are, and which command rebuilds it. */
export type ImageMaker = {
  readonly renderFiles: (facts: HostFacts, plan: Plan) => Rendered;
  /** Files whose change the image must follow. */
  readonly triggers: readonly string[];
  /** One for each image that may be started next. */
  readonly renderImages: (facts: HostFacts, plan: Plan) => readonly Artifact[];
  /** An image like the one that a boot entry names, at a path of our own; `null` when how that one is made is not known. */
  readonly renderCopy: (facts: HostFacts, plan: Plan, copy: ImageCopy) => GeneratedArtifact | null;
  /** Why our files would not get into an image; empty when they would. */
  readonly judgeSettings: (facts: HostFacts) => Rendered['findings'];
  /** Why the images of this host can't be made with certainty; empty when they can. */
  readonly judgeImages: (facts: HostFacts) => Rendered['findings'];
  /** What gives a card away before its driver comes: a script of our own in the image, or a udev rule. */
  readonly claim: 'script' | 'rule';
  /** What rebuilds our copies of these images at each update, where the kernel keeps its name. */
  readonly keepCopies: (
    facts: HostFacts,
    plan: Plan,
    images: readonly {readonly of: string; readonly path: string}[],
  ) => Rendered;
  /**
   * Unified images that it makes of itself, with the arguments of /etc/kernel/cmdline or of the pieces in /etc/cmdline.d;
   * `null`: kernel-install has them made.
   */
  readonly unifiedImages: ((facts: HostFacts) => readonly string[]) | null;
  /** What kernel-install is given to add a kernel: its file, and its image where that is made beforehand. */
  readonly installed: (release: string) => {readonly kernel: string; readonly image: string | null};
};

/** Images that kernel-install, or a hook of packages, has made for each kernel. */
export const plainImages: Pick<ImageMaker, 'keepCopies' | 'unifiedImages' | 'installed'> = {
  keepCopies: () => ({artifacts: [], findings: []}),
  unifiedImages: null,
  installed: (release) => ({kernel: `/usr/lib/modules/${release}/vmlinuz`, image: null}),
};

/** For a boot chain without images of its own, or one that makes them with everything else. */
export const noImages = (claim: ImageMaker['claim']): ImageMaker => ({
  ...plainImages,
  renderFiles: () => ({artifacts: [], findings: []}),
  triggers: [],
  renderImages: () => [],
  renderCopy: () => null,
  judgeSettings: () => [],
  judgeImages: () => [],
  claim,
});

/** An image of its own for one boot, made from a copy of the host's configuration, so that the one that works is not touched. */
export type TrialImage = {
  /** Files of the host that an image is made from. */
  readonly configuration: (facts: HostFacts) => readonly FileFacts[];
  /** `path`: of the image; `directory`: for the copy of the configuration. */
  readonly render: (
    facts: HostFacts,
    plan: Plan,
    target: {readonly release: string; readonly path: string; readonly directory: string},
  ) => readonly Artifact[];
};

/**
 * One system that makes initramfs images: a folder or file of src/image, and one line in its table. The boot chains
 * whose images are made in a way of their own bring an `ImageMaker` without the rest.
 */
export type ImageSystem = ImageMaker & {
  readonly name: InitramfsSystem;
  /** Any of these: it is installed. A program that another package has diverted is not its own. */
  readonly programs: readonly string[];
  /** Any of these without a program: it was set up once. */
  readonly settings: readonly string[];
  /** A sentence where nothing but the distribution speaks for it, as in a captured tree without programs. */
  readonly guess: (source: Source) => string | null;
  readonly files: FileTable;
  /** The command with which a person rebuilds all images. */
  readonly remake: string;
  /** `null`: it can't make one. */
  readonly trialImage: TrialImage | null;
};

/** What makes the image of each kernel that is installed now; nothing where the plan needs no image. */
export const renderPresentImages = (
  facts: HostFacts,
  plan: Plan,
  maker: ImageMaker | null,
): readonly (GeneratedArtifact | CommandArtifact)[] => {
  const {byAddress, initramfsModules} = plan.binding;
  if (byAddress.length + initramfsModules.length === 0 || maker === null) return [];
  return maker
    .renderImages(facts, plan)
    .filter((artifact) => artifact.kind === 'generated' || artifact.kind === 'command');
};
