import {readFileSync} from 'node:fs';
import {join} from 'node:path';

/** A file of a distribution, byte for byte; real/README.md says of which package and version. */
export const realFile = (name: string): string => readFileSync(join(import.meta.dirname, 'real', name), 'utf8');
