import type {NamedImages} from '../../artifacts/artifact.ts';
import {probeOf, type Tools} from '../../artifacts/ports.ts';
import {withOutput} from '../../artifacts/with-output.ts';
import {absolutePath, argv, listOf, literal, shape, text} from '../../decode/decode.ts';
import {readEntryImages} from '../../formats/boot-entry/loader-entry.ts';
import {findMissing} from '../../formats/listing.ts';
import {readBootFile} from './boot-file.ts';
import {listWords} from '../../words/list-words.ts';

const timeoutSeconds = 300;

const imagesShape = shape<NamedImages>({
  kind: literal('images'),
  argv,
  entries: listOf(shape<NamedImages['entries'][number]>({path: absolutePath, contains: listOf(text)})),
});

/** The images that the entries name by now. They are in place already: throws when one lacks something, so that all of it is undone. */
const checkImages = async (tools: Tools, {argv, entries}: NamedImages): Promise<void> => {
  for (const {path, contains} of entries) {
    for (const {entry, images} of readEntryImages(path, readBootFile(tools.machine, path))) {
      if (images.length === 0)
        tools.warn(`${entry} names no initramfs, so what is in its image could not be looked at.`);
      else await checkListed(tools, images, argv, contains);
    }
  }
};

const checkListed = async (
  tools: Tools,
  images: readonly string[],
  argv: NamedImages['argv'],
  contains: readonly string[],
): Promise<void> => {
  const listings: string[] = [];
  for (const image of images) {
    const result = await tools.run(withOutput(argv, image), timeoutSeconds);
    if (result.state === 'not-run') return;
    listings.push(result.stdout);
  }
  const [missing] = findMissing(listings.join('\n'), contains);
  if (missing !== undefined)
    throw new Error(`${JSON.stringify(missing)} is not in ${listWords(images)}, although it was to be.`);
};

export const namedImagesProbe = probeOf(imagesShape, {check: (tools, images) => checkImages(tools, images)});
