import {startMachine} from '../machine/machine.js';

export const withMachine = async (directory, options, use) => {
  const machine = await startMachine(directory, options);
  try {
    await use(machine);
  } finally {
    await machine.stop();
  }
};

/** Settled, as what still starts in the background would differ from run to run; and whole, as every scenario starts here. */
export const expectHealthy = async (machine) => {
  const {output: state} = await machine.tryRun('systemctl is-system-running --wait', 300);
  if (state === 'running') return;
  const failed = await machine.run(
    'systemctl list-units --state=failed --plain --no-legend; journalctl -b -p err --no-pager | tail -n 40',
  );
  throw new Error(`The new host is ${state} and not running, so it is not saved:\n${failed}`);
};
