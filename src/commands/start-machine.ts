import {geteuid} from 'node:process';
import {UsageError} from '../errors.ts';
import type {Machine} from '../system/machine.ts';
import {realMachine} from '../system/real-machine.ts';
import {findInterrupted, recover} from '../transaction/recover.ts';
import type {CommandContext} from './context.ts';
import {judgeProgram} from './judge-program.ts';
import {describeProgress} from './describe-progress.ts';

/** Opens the root for writing, and first of all finishes what an interrupted run left. */
export const startMachine = async (context: CommandContext, root: string): Promise<Machine> => {
  requireRights(root);
  if (root === '/') judgeProgram(context);
  const machine = realMachine(root);
  for (const recovery of await recover(machine, {direction: context.options.isResume ? 'forward' : 'back', acceptPresent: context.options.hasKeepEdits}, describeProgress(context, machine.isLive))) {
    const what = {
      discarded: 'had not begun; its journal is removed',
      'removed-temps': 'had changed nothing yet; its temporary files are removed',
      'rolled-back': `was undone: ${recovery.paths.join(', ')}`,
      completed: `was completed: ${recovery.paths.join(', ')}`,
    }[recovery.did];
    context.err(`An earlier run (${recovery.id}) was interrupted and ${what}.\n`);
  }
  return machine;
};

/** For a dry run: writes nothing, not even to finish what an interrupted run left. */
export const lookAtMachine = (context: CommandContext, root: string): Machine => {
  requireRights(root);
  const machine = realMachine(root);
  const [id] = findInterrupted(machine);
  if (id !== undefined) context.err(`An earlier run (${id}) was interrupted; the next apply or rollback finishes that first.\n`);
  return machine;
};

export const requireRights = (root: string): void => {
  if (root === '/' && geteuid?.() !== 0) throw new UsageError('Writing to this machine needs root.', 'Run it again with sudo. `vfio-pilot plan` shows everything without.');
};
