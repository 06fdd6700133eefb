import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {importTypeScript} from '../import-typescript.js';
import {judgeState} from './judge-state.js';
import {espRegion, readEsp} from './partition.js';
import {startedEntry} from './started-entry.js';

const crash = new URL('../../crash/', import.meta.url).pathname;
const {countWrites, differingBlocks, readBlockLog, readImage, saveImage, writeTo} = await importTypeScript(
  join(crash, 'block-log.ts'),
);
const {powerCuts} = await importTypeScript(join(crash, 'power-cuts.ts'));

/** What QEMU's log says of the EFI partition, and what this held before the first write of the log. */
export const readRecording = (log, baseImage) => ({base: readImage(baseImage), log: readBlockLog(log, espRegion)});

export {countWrites};

/** A file that holds one state after the other; `readAt` gives the files after that many entries of the log, all of which arrived. */
export const openStage = (directory, {base, log}) => {
  const file = join(directory, 'state.img');
  writeFileSync(file, '');
  const show = (image) => {
    saveImage(image, file, espRegion.size);
    return readEsp(file, join(directory, 'state'));
  };
  const replay = (position) => {
    const image = new Map(base);
    for (const write of log.slice(0, position).flat()) if (write.kind !== 'flush') writeTo(image, write);
    return image;
  };
  const readAt = (position) => show(replay(position));
  /** Blocks in which the whole log and what the disk held in the end differ. */
  const compareEnd = (endImage) => differingBlocks(replay(log.length), readImage(endImage));
  return {show, readAt, compareEnd};
};

/**
 * Judges `count` states between two instants, the last of them such as the disk may have been in when the program had said
 * that it was done: those are `lost` in which something else is started than in the end.
 */
export const judgePowerCuts = (stage, {base, log}, {from, done, to, count, random}) => {
  const [before, after] = [stage.readAt(from), stage.readAt(to)];
  const started = {before: startedEntry(before)?.id, after: startedEntry(after)?.id};
  const writes = log
    .slice(from, to)
    .flatMap((entry, index) => (entry.some(({kind}) => kind !== 'flush') ? [from + index + 1] : []));
  const bad = [];
  let lost = 0;
  for (const {position, image} of powerCuts(base, log, chooseCuts(writes, done, count), {random, atomicBytes: 512})) {
    const files = stage.show(image);
    const faults = judgeState(files, before, after);
    if (faults.length > 0) bad.push(`after entry ${position} of the log: ${faults.join('; ')}`);
    if (position >= done && startedEntry(files)?.id !== started.after) lost += 1;
  }
  return {before, after, started, writes: writes.length, bad, lost};
};

/** Spread over the writes, a tenth of them at `done`; most with a random part of what was not yet saved. */
const chooseCuts = (writes, done, count) => {
  const spread = Math.floor(count * 0.9);
  const positions = Array.from({length: count}, (_, index) =>
    index < spread ? writes[Math.floor((index * writes.length) / spread)] : done,
  );
  return positions
    .sort((one, other) => one - other)
    .map((position, index) => ({position, kind: index % 4 === 0 ? 'prefix' : 'subset'}));
};
