import type {Machine} from '../system/machine.ts';

/** A journal that never began: its directory holds only files of ours. What cannot go now goes at the next start. */
export const discard = (machine: Machine, directory: string): void => {
  try {
    removeTree(machine, directory);
  } catch {
    // Without journal.json it means nothing, and recover removes it.
  }
};

export const removeTree = (machine: Machine, path: string): void => {
  const stat = machine.stat(path);
  if (stat === null) return;
  if (stat.type !== 'directory') return machine.unlink(path);
  for (const name of machine.list(path)) removeTree(machine, `${path}/${name}`);
  machine.removeDirectory(path);
};
