import type {Artifact, Validation} from '../artifacts/artifact.ts';
import {type BootPorts, bootPorts, imageMakerOf, renderChain, writerOf} from '../boot/chains.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import {readEntryImages} from '../formats/boot-entry/loader-entry.ts';
import {findMissing} from '../formats/listing.ts';
import {renderPresentImages} from '../image/image-system.ts';
import type {Plan} from '../plan/plan.ts';

/** What a program lists of an image, by its path; `null` where it could not be asked. */
export type ImageListings = Readonly<Record<string, string | null>>;

type Listing = Extract<Validation, {kind: 'listing'}>;

/** The program that lists each image, with the image in the place of `{output}`. */
export const listingCommands = (
  facts: HostFacts,
  plan: Plan,
  ports: BootPorts = bootPorts,
): readonly {readonly path: string; readonly argv: readonly string[]}[] =>
  promisedImages(facts, plan, ports).flatMap(({argv, paths}) =>
    paths.map((path) => ({path, argv: argv.map((word) => (word === '{output}' ? path : word))})),
  );

/** Each kernel that may be started has an image of its own; one that was installed after `apply` is held to the same. */
export const verifyImages = (
  facts: HostFacts,
  plan: Plan,
  listings: ImageListings,
  ports: BootPorts = bootPorts,
): readonly PromiseResult[] =>
  promisedImages(facts, plan, ports).map(({name, paths, contains}) => {
    const known = paths.map((path) => listings[path] ?? null).filter((listing) => listing !== null);
    const isListed = paths.length > 0 && known.length === paths.length;
    const missing = isListed ? findMissing(known.join('\n'), contains) : [];
    return {
      id: 'image',
      status: !isListed ? 'unknown' : missing.length === 0 ? 'kept' : 'broken',
      promise: `${name} holds what gives the card away.`,
      fact: !isListed
        ? 'It could not be listed here.'
        : missing.length === 0
          ? 'It does.'
          : `It has no ${missing.join(', ')}.`,
      remedy:
        missing.length === 0
          ? null
          : 'The kernel of this image would give the card to its own driver. Apply the profile again, which makes all images anew.',
    };
  });

/** What one kernel is started with: one image, or several that belong together. */
type Promised = {
  readonly name: string;
  readonly paths: readonly string[];
  readonly argv: readonly string[];
  readonly contains: readonly string[];
};

const promisedImages = (facts: HostFacts, plan: Plan, ports: BootPorts): readonly Promised[] => {
  const isPerEntry = writerOf(facts.boot, ports)?.makesImagePerEntry === true;
  const maker = isPerEntry ? null : imageMakerOf(facts.boot, plan.initramfs, ports);
  const ofSystem = renderPresentImages(facts, plan, maker);
  const ofChain = renderChain(facts, plan, ports).artifacts;
  return [
    ...(isPerEntry ? ofChain : ofSystem).flatMap(madeImages),
    ...[...ofSystem, ...ofChain].flatMap((artifact) => namedImages(facts, artifact)),
  ];
};

const madeImages = (artifact: Artifact): readonly Promised[] =>
  artifact.kind === 'generated'
    ? artifact.validations
        .filter(isListing)
        .map(({argv, contains}) => ({name: artifact.path, paths: [artifact.path], argv, contains}))
    : [];

/** Those whose place only the boot entries say. */
const namedImages = (facts: HostFacts, artifact: Artifact): readonly Promised[] => {
  if (artifact.kind !== 'command' || artifact.images === undefined) return [];
  const {argv, entries} = artifact.images;
  return entries.flatMap(({path, contains}) =>
    readEntryImages(path, facts.files[path]?.text ?? '').map(({entry, images}) => ({
      name: `The image of ${entry}`,
      paths: images,
      argv,
      contains,
    })),
  );
};

const isListing = (validation: Validation): validation is Listing => validation.kind === 'listing';
