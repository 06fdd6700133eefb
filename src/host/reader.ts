import type {Finding} from '../findings/finding.ts';

/** Where a reader tells what it could not read, or what made no sense. */
export type Note = (finding: Finding) => void;
