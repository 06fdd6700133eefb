import type {GeneratedArtifact, Validation} from '../artifacts/artifact.ts';
import {findMissing} from '../artifacts/initramfs/image-listing.ts';
import {renderChain} from '../artifacts/chains/chains.ts';
import {renderPresentImages} from '../artifacts/initramfs/present-images.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import {copiesImages} from '../served-systems.ts';
import type {PromiseResult} from './promise.ts';

/** What a program lists of an image, by its path; `null` where it could not be asked. */
export type ImageListings = Readonly<Record<string, string | null>>;

type Listing = Extract<Validation, {kind: 'listing'}>;

/** The program that lists each image, with the image in the place of `{output}`. */
export const listingCommands = (facts: HostFacts, plan: Plan): readonly {readonly path: string; readonly argv: readonly string[]}[] =>
  imagesOf(facts, plan).flatMap(({path, validations}) => validations.filter(isListing).map(({argv}) => ({path, argv: argv.map((word) => (word === '{output}' ? path : word))})));

/** Each kernel that may be started has an image of its own; one that was installed after `apply` is held to the same. */
export const verifyImages = (facts: HostFacts, plan: Plan, listings: ImageListings): readonly PromiseResult[] =>
  imagesOf(facts, plan).map(({path, validations}) => {
    const listing = listings[path] ?? null;
    const missing = listing === null ? [] : validations.filter(isListing).flatMap(({contains}) => findMissing(listing, contains));
    return {
      id: 'image',
      status: listing === null ? 'unknown' : missing.length === 0 ? 'kept' : 'broken',
      promise: `${path} holds what gives the card away.`,
      fact: listing === null ? 'It could not be listed here.' : missing.length === 0 ? 'It does.' : `It has no ${missing.join(', ')}.`,
      remedy: missing.length === 0 ? null : 'The kernel of this image would give the card to its own driver. Apply the profile again, which makes all images anew.',
    };
  });

const imagesOf = (facts: HostFacts, plan: Plan): readonly GeneratedArtifact[] =>
  (copiesImages(facts.boot) ? renderChain(facts, plan).artifacts : renderPresentImages(facts, plan)).filter((artifact) => artifact.kind === 'generated').filter(({validations}) => validations.some(isListing));

const isListing = (validation: Validation): validation is Listing => validation.kind === 'listing';
