import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact} from '../artifact.ts';
import type {Rendered} from '../rendered.ts';

/** How one system takes our settings into the image, and how the images are made anew. */
export type InitramfsBackend = {
  readonly renderFiles: (facts: HostFacts, plan: Plan) => Rendered;
  /** Files whose change the image must follow. */
  readonly triggers: readonly string[];
  /** One for each image that may be started next. */
  readonly renderImages: (facts: HostFacts, plan: Plan) => readonly Artifact[];
  /** Why the images of this host can't be made with certainty; empty when they can. */
  readonly judgeImages: (facts: HostFacts) => Rendered['findings'];
};
