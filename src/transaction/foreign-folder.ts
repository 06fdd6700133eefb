import {dirname, join, resolve} from 'node:path';
import type {Machine, MachineStat} from '../system/machine.ts';
import {refusal} from './transaction.ts';

/** As many as the kernel follows (path_resolution(7)). */
const mostLinks = 40;

/**
 * A program that root runs opens a new file by its path: whoever can write to a folder on the way could put a link to
 * any file of the system there. The folders that `path` really leads through are looked at, links resolved.
 */
export const refuseForeignFolders = (machine: Machine, path: string): void => {
  walk(machine, path, dirname(path), 0);
};

const walk = (machine: Machine, path: string, directory: string, links: number): void => {
  const parts = directory.split('/').filter((part) => part !== '');
  for (const [index, part] of parts.entries()) {
    const above = `/${parts.slice(0, index).join('/')}`;
    const here = join(above, part);
    const stat = machine.stat(here);
    // The rest is made by this run.
    if (stat === null) return;
    if (stat.type === 'symlink') {
      if (links === mostLinks) throw refusal('check', `${here} is a loop of symbolic links.`, 'Nothing was written.');
      const rest = parts.slice(index + 1).join('/');
      walk(machine, path, join(resolve(above, machine.readLink(here)), rest), links + 1);
      return;
    }
    const who = whoElse(machine, stat);
    if (who !== null)
      throw refusal(
        'check',
        `${here} can be changed by ${who}, who could put a link in the way while root makes ${path}.`,
        'Nothing was written. Name a place that only root can write to; or make the file yourself, and leave its size out of the profile.',
      );
  }
};

/** In a sticky directory nobody can replace what root has put there (/tmp). */
const whoElse = ({self}: Machine, {uid, gid, mode}: MachineStat): string | null => {
  if (uid !== 0 && uid !== self.uid) return `user ${uid}`;
  if ((mode & 0o1000) !== 0) return null;
  if ((mode & 0o002) !== 0) return 'every user';
  return (mode & 0o020) !== 0 && gid !== 0 && gid !== self.gid ? `group ${gid}` : null;
};
