import type {Validation} from '../artifacts/artifact.ts';
import {readEntryImages} from '../artifacts/chains/entry-images.ts';
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
  [...madeImages(facts, plan), ...namedImages(facts, plan)].flatMap(({argv, paths}) => paths.map((path) => ({path, argv: argv.map((word) => (word === '{output}' ? path : word))})));

/** Each kernel that may be started has an image of its own; one that was installed after `apply` is held to the same. */
export const verifyImages = (facts: HostFacts, plan: Plan, listings: ImageListings): readonly PromiseResult[] =>
  [...madeImages(facts, plan), ...namedImages(facts, plan)].map(({name, paths, contains}) => {
    const known = paths.map((path) => listings[path] ?? null).filter((listing) => listing !== null);
    const isListed = paths.length > 0 && known.length === paths.length;
    const missing = isListed ? findMissing(known.join('\n'), contains) : [];
    return {
      id: 'image',
      status: !isListed ? 'unknown' : missing.length === 0 ? 'kept' : 'broken',
      promise: `${name} holds what gives the card away.`,
      fact: !isListed ? 'It could not be listed here.' : missing.length === 0 ? 'It does.' : `It has no ${missing.join(', ')}.`,
      remedy: missing.length === 0 ? null : 'The kernel of this image would give the card to its own driver. Apply the profile again, which makes all images anew.',
    };
  });

/** What one kernel is started with: one image, or several that belong together. */
type Promised = {readonly name: string; readonly paths: readonly string[]; readonly argv: readonly string[]; readonly contains: readonly string[]};

const madeImages = (facts: HostFacts, plan: Plan): readonly Promised[] =>
  (copiesImages(facts.boot) ? renderChain(facts, plan).artifacts : renderPresentImages(facts, plan))
    .filter((artifact) => artifact.kind === 'generated')
    .flatMap(({path, validations}) => validations.filter(isListing).map(({argv, contains}) => ({name: path, paths: [path], argv, contains})));

/** Those whose place only the boot entries tell. */
const namedImages = (facts: HostFacts, plan: Plan): readonly Promised[] =>
  [...renderPresentImages(facts, plan), ...renderChain(facts, plan).artifacts]
    .flatMap((artifact) => (artifact.kind === 'command' ? (artifact.images ?? []) : []))
    .flatMap(({argv, entries}) => entries.flatMap(({path, contains}) => readEntryImages(path, facts.files[path]?.text ?? '').map(({entry, images}): Promised => ({name: `The image of ${entry}`, paths: images, argv, contains}))));

const isListing = (validation: Validation): validation is Listing => validation.kind === 'listing';
