import type {Preview} from '../../src/changes/preview.ts';

/** The lines that a preview adds to the file at `path`, in their order, joined; '' where it adds none. */
export const addedIn = ({changes}: Pick<Preview, 'changes'>, path: string): string =>
  changes
    .flatMap((change) => (change.path === path ? [change.diff] : []))
    .join('')
    .split('\n')
    .flatMap((line) => (/^\+(?!\+\+ )/.test(line) ? [line.slice(1)] : []))
    .join('\n');
