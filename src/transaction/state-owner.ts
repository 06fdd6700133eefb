import type {Machine} from '../system/machine.ts';
import {journalRoot, stateDirectory} from '../system/state-directory.ts';
import {refusal} from './transaction.ts';

/** A journal says what to write where, as root: who can change it can change everything. */
export const refuseForeignState = (machine: Machine): void => {
  for (const directory of [stateDirectory, journalRoot]) refuseForeign(machine, directory);
};

const refuseForeign = (machine: Machine, directory: string): void => {
  const itself = machine.stat(directory);
  if (itself === null) return;
  const stat = itself.type === 'symlink' ? machine.stat(`${directory}/.`) : itself;
  if (stat?.type !== 'directory')
    throw refusal('check', `${directory} is no directory.`, 'Nothing was changed. Move it away, then run it again.');
  if (stat.uid !== 0 && stat.uid !== machine.self.uid)
    throw refusal(
      'check',
      `${directory} belongs to user ${stat.uid}, who can change the journals that root follows.`,
      `Nothing was changed. If you trust what is in it: chown -R ${machine.self.uid}:${machine.self.gid} ${machine.root === '/' ? '' : machine.root}${directory}`,
    );
  if ((stat.mode & 0o022) !== 0)
    throw refusal(
      'check',
      `${directory} can be written by others (mode ${stat.mode.toString(8)}), who can change the journals that root follows.`,
      `Nothing was changed. If you trust what is in it: chmod -R go-w ${machine.root === '/' ? '' : machine.root}${directory}`,
    );
};
