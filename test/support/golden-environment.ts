import {appendFileSync} from 'node:fs';
import {VitestSnapshotEnvironment} from 'vitest/runtime';

/** Notes each expected output that a test compares with, so that one without a test is noticed at the end of a run. */
class GoldenEnvironment extends VitestSnapshotEnvironment {
  override async readSnapshotFile(path: string): Promise<string | null> {
    const notes = process.env['VFIO_PILOT_GOLDENS'];
    if (notes !== undefined) appendFileSync(notes, `${path}\n`);
    return super.readSnapshotFile(path);
  }
}

export default new GoldenEnvironment();
