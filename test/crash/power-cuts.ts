import {type BlockWrite, type DiskImage, writeTo} from './block-log.ts';

/** What the disk may hold when the power goes after so many writes. */
export type PowerCut = {readonly position: number; readonly image: DiskImage};

/**
 * What was written before the last flush is there; of what came after it, everything up to the cut (`prefix`), or
 * any part of it, the last write perhaps only with its beginning (`subset`): drives write in their own order.
 */
export const powerCuts = function* (
  base: DiskImage,
  log: readonly (readonly BlockWrite[])[],
  positions: readonly {readonly position: number; readonly kind: 'prefix' | 'subset'}[],
  {random, atomicBytes}: {readonly random: () => number; readonly atomicBytes: number},
): Generator<PowerCut> {
  const durable: DiskImage = new Map(base);
  let pending: Extract<BlockWrite, {offset: number}>[] = [];
  let done = 0;
  for (const {position, kind} of positions) {
    for (; done < position; done += 1) {
      for (const write of log[done] ?? []) {
        if (write.kind !== 'flush') pending.push(write);
        else for (const settled of pending.splice(0)) writeTo(durable, settled);
      }
    }
    const image = new Map(durable);
    for (const write of kind === 'prefix' ? pending : pending.filter(() => random() < 0.5)) writeTo(image, write);
    const last = pending.at(-1);
    if (kind === 'subset' && last !== undefined && random() < 0.5)
      writeTo(image, {
        ...last,
        bytes: last.bytes.subarray(0, atomicBytes * Math.floor(random() * (last.bytes.length / atomicBytes))),
      });
    yield {position, image};
  }
};
