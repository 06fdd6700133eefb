import {makeProfile} from './host-state.js';
import {guestCard} from './machine/host.js';

/** A host on which the card is given away, and which was rebooted since: an earlier scenario's, or a fresh one. */
export const appliedHostOf = async (lab) => {
  const left = await lab.appliedHost();
  if (left !== null) return left;
  const machine = await lab.installedHost();
  lab.say('no host of an earlier scenario is there: applying on a fresh one');
  await makeProfile(machine, guestCard);
  await machine.run('vfio-pilot apply lab.yaml --yes', 600);
  await machine.reboot();
  await lab.keepApplied(machine);
  return machine;
};
