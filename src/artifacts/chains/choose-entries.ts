import type {EntryChoice} from '../../host/facts.ts';
import type {BootEntry} from './boot-entry.ts';
import {withoutOwnName} from './entry-names.ts';

/**
 * One entry for each kernel: the one that was started, or else the first that is no fallback. What is left out stays as
 * it is, as a way back.
 */
export const chooseEntries = (entries: readonly BootEntry[], choice: EntryChoice | undefined): readonly BootEntry[] => {
  // The running entry may be a copy of ours from an earlier run.
  const started = withoutOwnName(choice?.selected ?? '');
  const kernels = [...new Set(entries.map(kernelOf))];
  return kernels.flatMap((kernel) => {
    const candidates = entries.filter((entry) => kernelOf(entry) === kernel && !isFallback(entry));
    return candidates.find(({id}) => id === started) ?? candidates[0] ?? [];
  });
};

const kernelOf = ({root, linux}: BootEntry): string => `${root} ${linux}`;

const isFallback = ({id, linux, initrds}: BootEntry): boolean => [id, linux, ...initrds].some((name) => /fallback|rescue|recovery/i.test(name));
