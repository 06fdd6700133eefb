import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact, GeneratedArtifact} from '../artifact.ts';
import type {Rendered} from '../rendered.ts';

/** `release` is `null` where the name of the kernel's file does not tell it: then it changes under the same name. */
export type ImageCopy = {
  readonly of: string;
  readonly release: string | null;
  readonly path: string;
  /** For an image that is to hold the kernel and these arguments as well. */
  readonly commandLine?: string;
};

/** How one system takes our settings into the image, and how the images are made anew. */
export type InitramfsBackend = {
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
};
