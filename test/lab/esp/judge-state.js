import {startedEntry} from './started-entry.js';

/**
 * What is wrong with an EFI partition after a power cut while it went from the files of `before` to those of `after`, if
 * anything: a file that both have is neither the old nor the new one, or the boot loader starts what is not whole.
 */
export const judgeState = (files, before, after) => {
  const isWhole = (path) =>
    [before, after].some((known) => known.has(path) && files.get(path)?.equals(known.get(path)));
  const lost = [...before.keys()]
    .filter((path) => after.has(path) && !isWhole(path))
    .map((path) => `${path} is neither old nor new`);
  return [...lost, ...judgeEntry(startedEntry(files), isWhole)];
};

const judgeEntry = (entry, isWhole) => {
  if (entry === null) return ['no entry can be started'];
  return [entry.path, entry.kernel, ...entry.initrds]
    .filter((path) => !isWhole(path))
    .map((path) => `${entry.id} is started, and ${path} is not whole`);
};
