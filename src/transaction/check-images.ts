import type {NamedImages} from '../artifacts/artifact.ts';
import {readEntryImages} from '../artifacts/chains/entry-images.ts';
import {findMissing} from '../artifacts/initramfs/image-listing.ts';
import {readBootFile} from './read-arguments.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';
import {withOutput} from './with-output.ts';

const timeoutSeconds = 300;

/** The images that the entries name by now. They are in place already: throws when one lacks something, so that all of it is undone. */
export const checkImages = async (transaction: Transaction, {argv, entries}: NamedImages): Promise<void> => {
  for (const {path, contains} of entries) {
    for (const {entry, images} of readEntryImages(path, readBootFile(transaction.machine, path))) {
      if (images.length === 0) transaction.events({kind: 'warning', message: `${entry} names no initramfs, so what is in its image could not be looked at.`});
      else await checkListed(transaction, images, argv, contains);
    }
  }
};

const checkListed = async (transaction: Transaction, images: readonly string[], argv: NamedImages['argv'], contains: readonly string[]): Promise<void> => {
  const listings: string[] = [];
  for (const image of images) {
    const result = await runCommand(transaction, withOutput(argv, image), timeoutSeconds);
    if (result.state === 'not-run') return;
    listings.push(result.stdout);
  }
  const [missing] = findMissing(listings.join('\n'), contains);
  if (missing !== undefined) throw new Error(`${JSON.stringify(missing)} is not in ${images.join(' and ')}, although it was to be.`);
};
