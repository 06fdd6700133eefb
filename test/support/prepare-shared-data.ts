import {corpusDirectory, machinesDirectory} from './shared-data.ts';

/** Unpacked once, before the workers start: 450,000 files are not to be unpacked twice at the same time. */
export default function prepareSharedData(): void {
  machinesDirectory();
  corpusDirectory();
}
