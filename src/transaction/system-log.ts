import type {Machine} from '../system/machine.ts';
import {printable} from '../words/printable.ts';
import type {Journal} from './journal.ts';
import {count} from '../words/count.ts';

/**
 * One line in the log of the system for a run that has ended, `journalctl -t vfio-pilot`. The run is over by then, so
 * nothing that goes wrong here may change how it ended. Another root has no log, and a dry run runs no program.
 */
export const tellSystemLog = async (
  machine: Machine,
  {id, profile, items, toolVersion}: Journal,
  how: string,
): Promise<void> => {
  try {
    if (!machine.isLive || !machine.hasProgram('logger')) return;
    const line = `${how} run ${id} of profile ${profile}: ${count(items.length, 'file')}; vfio-pilot ${toolVersion}`;
    await machine.run({
      // Options that busybox has, too.
      argv: ['logger', '-t', 'vfio-pilot', '-p', 'user.notice', '--', printable(line)],
      timeoutSeconds: 5,
      signal: new AbortController().signal,
      onOutput: () => undefined,
    });
  } catch {
    // No log, no harm: the journal of the run has it all.
  }
};
