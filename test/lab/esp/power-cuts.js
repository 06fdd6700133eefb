import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {importTypeScript} from '../import-typescript.js';
import {judgeState} from './judge-state.js';
import {espRegion, readEsp} from './partition.js';

const crash = new URL('../../crash/', import.meta.url).pathname;
const {countWrites, differingBlocks, readBlockLog, readImage, saveImage, writeTo} = await importTypeScript(join(crash, 'block-log.ts'));
const {powerCuts} = await importTypeScript(join(crash, 'power-cuts.ts'));

/** What QEMU's log says of the EFI partition, and what this held before the first write of the log. */
export const readRecording = (log, baseImage) => ({base: readImage(baseImage), log: readBlockLog(log, espRegion)});

export {countWrites};

/** A file that holds one state after the other; `read` gives the files of the state after that many writes, all of them there. */
export const openStage = (directory, {base, log}) => {
  const file = join(directory, 'state.img');
  writeFileSync(file, '');
  const show = (image) => {
    saveImage(image, file, espRegion.size);
    return readEsp(file);
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

/** Judges `count` states between two instants, spread over the writes of the EFI partition: every other one with a random part of what was not yet saved. */
export const judgePowerCuts = (stage, {base, log}, {from, to, count, random}) => {
  const [before, after] = [stage.readAt(from), stage.readAt(to)];
  const writes = log.slice(from, to).flatMap((entry, index) => (entry.some(({kind}) => kind !== 'flush') ? [from + index + 1] : []));
  const cuts = Array.from({length: count}, (_, index) => ({position: writes[Math.floor((index * writes.length) / count)], kind: index % 2 === 0 ? 'subset' : 'prefix'}));
  const bad = [];
  for (const {position, image} of powerCuts(base, log, cuts, {random, atomicBytes: 512})) {
    const faults = judgeState(stage.show(image), before, after);
    if (faults.length > 0) bad.push(`after write ${position}: ${faults.join('; ')}`);
  }
  return {before, after, writes: writes.length, bad};
};
