import {tmpdir} from 'node:os';
import {corpusDirectory, machinesDirectory} from './shared-data.ts';

/** Unpacked once, before the workers start: 450,000 files are not to be unpacked twice at the same time, nor by the next run again. */
export default function prepareSharedData(): void {
  process.env['VFIO_PILOT_UNPACKED'] ??= tmpdir();
  machinesDirectory();
  corpusDirectory();
}
