import type {EntryChoice} from '../../host/facts.ts';
import type {BootEntry} from './boot-entry.ts';

/**
 * One entry for each kernel: the one that was started, or else the first that is no fallback. What is left out stays as
 * it is, as a way back.
 */
export const chooseEntries = (entries: readonly BootEntry[], choice: EntryChoice | undefined): readonly BootEntry[] => {
  const kernels = [...new Set(entries.map(kernelOf))];
  return kernels.flatMap((kernel) => {
    const candidates = entries.filter((entry) => kernelOf(entry) === kernel && !isFallback(entry));
    return candidates.find(({id}) => id === choice?.selected) ?? candidates[0] ?? [];
  });
};

const kernelOf = ({root, linux}: BootEntry): string => `${root} ${linux}`;

const isFallback = ({id, linux, initrds}: BootEntry): boolean => [id, linux, ...initrds].some((name) => /fallback|rescue|recovery/i.test(name));
